"""Every network and every traditional way at every task, on the same cells."""

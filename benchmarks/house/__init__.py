"""Whether what users get is the same after the code was changed."""

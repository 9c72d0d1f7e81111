"""cellfill and its peers on the same cells: accuracy, time and memory."""

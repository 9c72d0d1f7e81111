"""What a task gives: named results, of a block of cells and of the whole dataset."""

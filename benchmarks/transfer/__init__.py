"""A pre-trained model on studies that it never saw, beside training on their cells."""

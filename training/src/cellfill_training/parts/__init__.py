"""What published networks are made of: layers, likelihoods, draws, written once for training and export."""

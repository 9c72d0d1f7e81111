"""What trainings share: options, levels, batches, losses, steps, and when to stop."""

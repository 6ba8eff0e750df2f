"""What the Loom pipeline's services share."""

"""What the commands print for people, one module per noun."""

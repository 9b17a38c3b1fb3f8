"""The commands, one module per noun. Each asks the server and leaves the looks to `screens`."""

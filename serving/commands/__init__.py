"""The commands of the command line, one noun a file."""

"""The interactive documentation, served by ourselves: no other host is asked for anything."""

"""One subject's data: all of it handed out (`held`), or all of it erased (`erasure`)."""

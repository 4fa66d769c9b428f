-- Forget how far files were read: the next pass reads all of them from the start.
update files set offset = 0, settled_size = -1

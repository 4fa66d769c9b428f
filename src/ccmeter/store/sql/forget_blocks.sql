-- The sizes of the lines of a response that a reused id stands for are told by the files.
delete from blocks where key_hash = ?

-- Who repeats a response that a reused id stands for, or a call inside it, is told by the files.
delete from copies
where key_hash = ? or key_hash in (select key_hash from responses where parent_hash = ?)

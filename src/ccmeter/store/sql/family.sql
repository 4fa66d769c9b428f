-- A stored response and the calls inside it.
select key from responses where key_hash = ? or parent_hash = ?

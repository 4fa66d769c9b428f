-- Any line that is read again owns the response then.
update responses set owner_rank = ? where key_hash = ?

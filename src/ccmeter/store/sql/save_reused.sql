-- An id that stands for several responses, once found out, is never believed again.
insert into reused_ids (key_hash, key) values (?, ?) on conflict do nothing

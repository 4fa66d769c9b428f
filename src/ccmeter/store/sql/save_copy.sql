-- That a session's file repeats a response, whoever made it.
insert into copies (session_id, key_hash) values (?, ?)
on conflict do nothing

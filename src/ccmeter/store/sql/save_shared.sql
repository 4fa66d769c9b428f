-- Responses of a session's file that another session is the owner of: copies that do not say so.
insert into copies (session_id, key_hash)
select :session_id, responses.key_hash
from json_each(:hashes) as wanted
join responses on responses.key_hash = wanted.value
join owners on owners.id = responses.owner_id
where owners.session_id <> :session_id
on conflict do nothing

-- Where forks left their parents: every response of another session that a session's file
-- repeats, the oldest first.
select own.session, parent.session, responses.time_ms
from json_each(:sessions) as wanted
join sessions as own on own.session = wanted.value
join copies on copies.session_id = own.id
join responses on responses.key_hash = copies.key_hash
join owners on owners.id = responses.owner_id
join sessions as parent on parent.id = owners.session_id
where owners.session_id <> own.id
order by own.id, responses.time_ms, responses.key_hash

-- The Claude folder that a session's responses were read under, its own ones first.
select roots.path
from sessions
join owners on owners.session_id = sessions.id
join roots on roots.id = owners.root_id
where sessions.session = ?
order by owners.copied, owners.id
limit 1

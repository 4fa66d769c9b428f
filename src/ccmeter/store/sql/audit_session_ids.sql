-- The ids of some sessions.
select sessions.id
from json_each(:sessions) as wanted
join sessions on sessions.session = wanted.value

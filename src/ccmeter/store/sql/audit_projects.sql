-- The folders in which some sessions started.
select sessions.session, projects.cwd
from json_each(:sessions) as wanted
join sessions on sessions.session = wanted.value
join projects on projects.id = sessions.home_id

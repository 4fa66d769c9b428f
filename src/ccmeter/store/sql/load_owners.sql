-- Who made responses, with everything a report can group or filter by.
-- A session's project is the folder it started in; folders below that belong to it.
select
    o.id, r.path, s.session, coalesce(a.agent, ''), a.type, p.cwd, coalesce(h.cwd, p.cwd),
    c.version, c.entrypoint
from owners as o
join roots as r on r.id = o.root_id
join sessions as s on s.id = o.session_id
left join agents as a on a.id = o.agent_id
join projects as p on p.id = o.project_id
join clients as c on c.id = o.client_id
left join projects as h on h.id = s.home_id
where o.id in (select value from json_each(:ids))

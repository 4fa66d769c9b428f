-- The id of the agent, new or known; its type is filled in when a line or file tells it.
insert into agents (agent, type) values (?, ?)
on conflict (agent) do update set type = coalesce(type, excluded.type)
returning id

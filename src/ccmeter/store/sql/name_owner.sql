-- The id of the owner, new or known: the empty update makes returning see both.
insert into owners (
    root_id, session_id, agent_id, project_id, client_id, sidechain, copied
)
values (?, ?, ?, ?, ?, ?, ?)
on conflict (
    session_id, agent_id, project_id, client_id, root_id, sidechain, copied
) do update set copied = copied
returning id

-- The id of a verdict with its cause.
insert into audit_findings (verdict, cause, kind, evidence, sure) values (?, ?, ?, ?, ?)
on conflict (verdict, cause, kind, evidence, sure) do update set sure = sure
returning id

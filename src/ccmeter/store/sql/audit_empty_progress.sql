-- Nothing of it holds any more.
delete from audit_progress

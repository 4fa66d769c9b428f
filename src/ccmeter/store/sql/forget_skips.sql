-- A file that is read again from the start names its bad lines anew.
delete from skips where source = ?

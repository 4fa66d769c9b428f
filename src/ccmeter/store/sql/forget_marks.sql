-- A file that is read again from the start names its marks anew.
delete from marks where source = ?

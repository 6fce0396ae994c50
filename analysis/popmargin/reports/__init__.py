"""Floor 7: the report page, the workbook, the methods text; estimates nothing."""

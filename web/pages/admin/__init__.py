"""The console: pages for those who administer; everything works without JavaScript."""

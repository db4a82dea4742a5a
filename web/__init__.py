"""HTTP and HTML: what members, admins and machines see."""

"""The demo: the whole product on embedded servers."""

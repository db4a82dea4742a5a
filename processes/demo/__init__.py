"""Demo: the whole product on embedded servers."""

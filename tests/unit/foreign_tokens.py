"""Member tokens as other libraries wrote them, with their own code, under one secret and clock.

Made once with the versions named, but for the last ones, which have the forms that those libraries
write: none of them is needed to run the tests.
"""

SECRET = "the-shop-and-we-know-this-secret-of-members"
NOW = 1_800_000_000
# By library and what is special: whom the token names, and the token.
TOKENS = {
    "PyJWT 2.15": (
        "alice",
        (
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
            "eyJzdWIiOiJhbGljZSIsImlhdCI6MTgwMDAwMDAwMCwiZXhwIjoxODAwMDAwMDYwfQ.wou4MwPeRGHd91faq"
            "nRuMuW6sW27Rfnjyb6BklRMPIM"
        ),
    ),
    "joserfc 1.8, aud a list": (
        "alice",
        (
            "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9."
            "eyJzdWIiOiJhbGljZSIsImlhdCI6MTgwMDAwMDAwMCwiZXhwIjoxODAwMDAwMDYwLCJhdWQiOlsiaHR0cHM6"
            "Ly9saW5lLmV4YW1wbGUuY29tIl19.R-xR6Bby6HVNlBfk8M1lkwOyuK1vCtGb_g95U2r1oGw"
        ),
    ),
    "authlib 1.9": (
        "alice",
        (
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
            "eyJzdWIiOiJhbGljZSIsImlhdCI6MTgwMDAwMDAwMCwiZXhwIjoxODAwMDAwMDYwLCJuYW1lIjoi7JWo66as"
            "7IqkIn0.tZM__-JK1-gtdgM-rbpIHZw3o-kkmnjHGDq7a3_bsII"
        ),
    ),
    "python-jose 3.5": (
        "alice",
        (
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
            "eyJzdWIiOiJhbGljZSIsImlhdCI6MTgwMDAwMDAwMCwiZXhwIjoxODAwMDAwMDYwfQ.wou4MwPeRGHd91faq"
            "nRuMuW6sW27Rfnjyb6BklRMPIM"
        ),
    ),
    "jsonwebtoken 9.0": (
        "auth0|123",
        (
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
            "eyJzdWIiOiJhdXRoMHwxMjMiLCJpYXQiOjE4MDAwMDAwMDAsImV4cCI6MTgwMDAwMzYwMH0.Ehjh2f7nHxgt"
            "PZ0-LuqU_qqtIUJjrfUz_Rsrb2MCOPE"
        ),
    ),
    "jsonwebtoken 9.0, a clock 2 s ahead": (
        "a+tag@x.com",
        (
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
            "eyJzdWIiOiJhK3RhZ0B4LmNvbSIsIm5hbWUiOiLslajrpqzsiqQiLCJpYXQiOjE4MDAwMDAwMDIsImV4cCI6"
            "MTgwMDAwMDA2Mn0.dimOmyAcHG0pZfp1cuzM3SvTd5DRyTS5d_NiBi7zXrs"
        ),
    ),
    "jsonwebtoken 9.0, every claim and a kid": (
        "gid://shopify/7",
        (
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6IjIwMjYtMTEifQ."
            "eyJuYW1lIjoiQWxpY2UiLCJpYXQiOjE4MDAwMDAwMDAsIm5iZiI6MTgwMDAwMDAwMCwiZXhwIjoxODAwMDAw"
            "MDYwLCJhdWQiOlsiaHR0cHM6Ly9saW5lLmV4YW1wbGUuY29tIiwiaHR0cHM6Ly9hcGkuZXhhbXBsZS5jb20i"
            "XSwiaXNzIjoiaHR0cHM6Ly9zaG9wLmV4YW1wbGUuY29tIiwic3ViIjoiZ2lkOi8vc2hvcGlmeS83IiwianRp"
            "IjoiNmYwZTFkNWEifQ.WHzK8dekgIVYgniw-aupGjzyiwItn-yrZGURga3XTqU"
        ),
    ),
    "jsonwebtoken 9.0, sub a number": (
        "42",
        (
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
            "eyJzdWIiOjQyLCJleHAiOjE4MDAwMDAwNjAsImlhdCI6MTgwMDAwMDAwMH0.Xe7vcJbQ51ZU6UqzEAUf-Ens"
            "fnig2F0Hfo1LtL-HkYI"
        ),
    ),
    "jose 6.2, without typ": (
        "alice",
        (
            "eyJhbGciOiJIUzI1NiJ9."
            "eyJuYW1lIjoiQWxpY2UiLCJzdWIiOiJhbGljZSIsImlhdCI6MTgwMDAwMDAwMCwiZXhwIjoxODAwMDAwMDYw"
            "fQ.8BfdeY0lPMGKIV7TgkmIInNJTiNsAktW9lRzG1NH5SM"
        ),
    ),
    "jose 6.2, typ first, nbf 1 s ahead, aud": (
        "alice",
        (
            "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9."
            "eyJzdWIiOiJhbGljZSIsImlhdCI6MTgwMDAwMDAwMSwibmJmIjoxODAwMDAwMDAxLCJhdWQiOiJodHRwczov"
            "L2xpbmUuZXhhbXBsZS5jb20iLCJleHAiOjE4MDAwMDAwNjB9.wIedETbZYSindsmQk69vfmX3-kvDQWJ9j92"
            "mwLdeZDQ"
        ),
    ),
    "fast-jwt 6.3": (
        "alice",
        (
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
            "eyJzdWIiOiJhbGljZSIsImlhdCI6MTgwMDAwMDAwMCwiZXhwIjoxODAwMDAwMDYwfQ.wou4MwPeRGHd91faq"
            "nRuMuW6sW27Rfnjyb6BklRMPIM"
        ),
    ),
    "as jjwt (Java): without typ": (
        "alice",
        (
            "eyJhbGciOiJIUzI1NiJ9."
            "eyJzdWIiOiJhbGljZSIsImlhdCI6MTgwMDAwMDAwMCwiZXhwIjoxODAwMDAwMDYwfQ.98CfTerO6aTIF6GzB"
            "EJJw5x_WO2wiKJaqCFvdDh2JZE"
        ),
    ),
    "as System.IdentityModel.Tokens.Jwt (.NET): nbf, numbers last": (
        "alice",
        (
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
            "eyJzdWIiOiJhbGljZSIsIm5iZiI6MTgwMDAwMDAwMCwiZXhwIjoxODAwMDAwMDYwLCJpYXQiOjE4MDAwMDAw"
            "MDAsImlzcyI6Imh0dHBzOi8vc2hvcC5leGFtcGxlLmNvbSIsImF1ZCI6Imh0dHBzOi8vbGluZS5leGFtcGxl"
            "LmNvbSJ9.z-XSd0Ngiq1AxkuChRS0h5zVEh4ykoAqaJk77yBMKZg"
        ),
    ),
    "as golang-jwt (Go): a float for a time, aud a list": (
        "alice",
        (
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
            "eyJhdWQiOlsiaHR0cHM6Ly9saW5lLmV4YW1wbGUuY29tIl0sImV4cCI6MS44MDAwMDAwNmUrMDksImlhdCI6"
            "MS44ZSswOSwic3ViIjoiYWxpY2UifQ.PSwIkdCECow3Y4ZXVH4nvc9Q5zNdtv-g49_soleYG1I"
        ),
    ),
}
IN_MILLISECONDS = (
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhbGljZSIsImV4cCI6MTgwMDAwMDA2MDAwMCw"
    "iaWF0IjoxODAwMDAwMDAwfQ.6t2l8wqw8LC1i6EXhKfrfWip9RlDACxAJfJHxev7K4s"
)

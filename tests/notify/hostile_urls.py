"""URLs by which somebody would reach what only this server can reach, and how each is meant."""

PRIVATE_SPELLINGS = (
    # Loopback, however it is written.
    *("http://127.0.0.1/", "http://127.0.0.1:8080/admin", "http://127.1/", "http://127.0.1/"),
    *("http://127.255.255.254/", "http://2130706433/", "http://017700000001/"),
    *("http://0177.0.0.1/", "http://0177.0.0.01/", "http://0x7f000001/", "http://0x7f.0.0.1/"),
    *("http://0x7f.1/", "http://0X7F.0X0.0X0.0X1/", "http://127.000.000.001/"),
    *("http://[::1]/", "http://[0:0:0:0:0:0:0:1]/", "http://[0000::0001]:22/"),
    *("http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/", "http://[::FFFF:7F00:0001]/"),
    *("http://[::127.0.0.1]/", "http://[::7f00:1]/", "http://[::ffff:0:127.0.0.1]/"),
    # The unspecified address, which most systems take for this machine.
    *("http://0.0.0.0/", "http://0/", "http://0x0/", "http://00000000/", "http://[::]/"),
    # Networks of one's own.
    *("http://10.0.0.1/", "http://167772161/", "http://012.0.0.1/", "http://172.16.0.1/"),
    *("http://192.168.0.1/", "http://3232235521/", "http://0xc0a80001/", "http://100.64.0.1/"),
    *("http://[fc00::1]/", "http://[fd12:3456:789a::1]/", "http://[::ffff:10.0.0.1]/"),
    # Metadata of clouds, and link-local addresses.
    *("http://169.254.169.254/latest/meta-data/", "http://2852039166/", "http://0xa9fea9fe/"),
    *("http://0251.0376.0251.0376/", "http://[::ffff:169.254.169.254]/", "http://[fe80::1]/"),
    *("http://[fd00:ec2::254]/latest/", "http://100.100.100.200/latest/", "http://192.0.0.192/"),
    *("http://168.63.129.16/machine", "http://[fd20:ce::254]/"),
    # Translation: NAT64, 6to4, Teredo, ISATAP's link-local form.
    *("http://[64:ff9b::127.0.0.1]/", "http://[64:ff9b::7f00:1]/", "http://[64:ff9b::a9fe:a9fe]/"),
    *("http://[64:ff9b:1::a00:1]/", "http://[2002:7f00:1::]/", "http://[2002:a9fe:a9fe::1]/"),
    *("http://[2001:0:53aa:64c:0:fffe:80ff:fffe]/", "http://[fe80::5efe:10.0.0.1]/"),
    # Multicast, broadcast, reserved, documentation, deprecated.
    *("http://224.0.0.1/", "http://239.255.255.250:1900/", "http://255.255.255.255/"),
    *("http://240.0.0.1/", "http://[ff02::1]/", "http://192.0.2.1/", "http://198.18.0.1/"),
    *("http://[2001:db8::1]/", "http://[fec0::1]/", "http://192.88.99.1/", "http://[4000::1]/"),
)
"""What the resolver reads as an address by itself."""

NAMES = {
    "localhost": "127.0.0.1",
    "localhost.": "127.0.0.1",
    "LOCALHOST": "127.0.0.1",
    "localhost.localdomain": "127.0.0.1",
    "ip6-localhost": "::1",
    "sub.localhost": "127.0.0.1",
    "127.0.0.1.": "127.0.0.1",
    "127.0.0.1.nip.example": "127.0.0.1",
    "localtest.example": "127.0.0.1",
    "metadata.google.internal": "169.254.169.254",
    "metadata.google.internal.": "169.254.169.254",
    "metadata": "169.254.169.254",
    "instance-data": "169.254.169.254",
    "instance-data.ec2.internal": "169.254.169.254",
    "kubernetes.default.svc": "10.96.0.1",
    "postgres": "172.18.0.2",
    "xn--lclhost-r6a0a.example": "127.0.0.1",
    "six.example": "fe80::1",
    "mapped.example": "::ffff:10.0.0.1",
}
"""Names that lead to what nobody may reach."""

DISGUISED = (
    # The host is what stands after the last `@`, whatever stands before.
    "http://hooks.example.com@127.0.0.1/",
    "http://hooks.example.com:443@127.0.0.1:8080/",
    "http://hooks.example.com%40x@127.0.0.1/",
    "http://user:password@169.254.169.254/",
    "http://a@b@127.0.0.1/",
    "http://127.0.0.1#@hooks.example.com/",
    "http://127.0.0.1?@hooks.example.com/",
    "http://127.0.0.1/@hooks.example.com/",
    "http://127.0.0.1:80@10.0.0.1/",
    "HTTP://127.0.0.1/",
    "http://0x7f.0.0.1:443/hooks.example.com",
)

NO_WEBHOOKS = (
    # Other schemes, and what is no URL at all.
    *("file:///etc/passwd", "gopher://127.0.0.1:6379/_FLUSHALL", "ftp://127.0.0.1/"),
    *("dict://127.0.0.1:11211/stats", "ldap://127.0.0.1/", "unix:///var/run/docker.sock"),
    *(
        "http+unix://%2Fvar%2Frun%2Fdocker.sock/",
        "javascript:alert(1)",
        "//127.0.0.1/",
        "http:127.0.0.1",
    ),
    *("http:///127.0.0.1/", "http://", "http://:80/", "http://127.0.0.1:99999/"),
    *(
        "http://127.0.0.1:0/",
        "http://hooks.example.com\\@127.0.0.1/",
        "http://[fe80::1%25eth0]/",
        "http://[::1",
        "http://[::1]x/",
        "http://[127.0.0.1]/",
    ),
    # Letters that some read as others, white space, and the ends of lines.
    *("http://１２７.0.0.1/", "http://①②⑦.⓪.⓪.①/", "http://ⓛocalhost/", "http://127。0。0。1/"),
    *("http://127.0.0.1\r\nHost: evil/", "http://127.0.0.1/ HTTP/1.1\r\n", "http://127.0.0.1\t/"),
    *("http://local\u00adhost/", "http://127.0.0.1\x00.example.com/", " http://127.0.0.1/"),
)
"""What is refused when it is set."""

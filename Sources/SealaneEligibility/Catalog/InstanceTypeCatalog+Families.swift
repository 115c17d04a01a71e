extension InstanceTypeCatalog {
    /// The sources of the families below, for display.
    package static let origin = """
        ec2:DescribeInstanceTypes (NetworkInfo.EncryptionInTransitSupported) as distributed with getmoto/moto \
        @34d6cad, 2026-08-02, Apache-2.0; dl1, p6e-gb200, trn2u, u7inh-32tb, u-9tb1, u-12tb1, u-18tb1 and u-24tb1 \
        from AWS's own list (EC2 user guide, "Data protection", 2023 and 2026)
        """

    // Source: getmoto/moto, moto/ec2/resources/instance_types.json @34d6cad (2026-08-02), Apache-2.0, a dump of
    // ec2:DescribeInstanceTypes. In the dump, all sizes of a family agree, including bare metal, so the flag is per
    // family except for `virtualizedOnly`. A test compares these lists with the dump, type by type.

    /// 138 families.
    static let encryptingInDump = """
        c5a c5ad c5n c6a c6gn c6i c6id c6in c7a c7g c7gd c7gn c7i c7i-flex c8a c8g c8gb c8gd c8gn c8i c8i-flex
        c8ib c8id c8in c8ine c9g c9gd d3 d3en dl2q f2 g4ad g4dn g5 g6 g6e g6f g7 g7e gr6 gr6f hpc6a hpc6id
        hpc7a hpc7g hpc8a i3en i4g i4i i7i i7ie i8g i8ge im4gn inf1 inf2 is4gen m5dn m5n m5zn m6a m6i m6id
        m6idn m6in m7a m7g m7gd m7i m7i-flex m8a m8azn m8g m8gb m8gd m8gn m8i m8i-flex m8ib m8id m8idb m8idn
        m8in m8ine m9g m9gd mac-m4 mac-m4pro p3dn p4d p4de p5 p5e p5en p6-b200 p6-b300 r5dn r5n r6a r6i r6id
        r6idn r6in r7a r7g r7gd r7i r7iz r8a r8g r8gb r8gd r8gn r8i r8i-flex r8ib r8id r8idb r8idn r8in trn1
        trn1n trn2 u-3tb1 u-6tb1 u7i-12tb u7i-6tb u7i-8tb u7in-16tb u7in-24tb u7in-32tb vt1 x2idn x2iedn
        x2iezn x8aedz x8g x8i
        """

    /// 8 families that AWS lists but the dump lacks: retired, or available only in Regions that the dump does not
    /// cover. AWS's page of 2026 lists dl1, p6e-gb200, trn2u, "U-*" and "U7*"; the page of 2023 lists the u-* families
    /// individually (awsdocs/amazon-ec2-user-guide @f54547b). Karpenter's instance types (aws/karpenter-provider-aws,
    /// v0.32), generated from DescribeInstanceTypes, also list u-9tb1 to u-24tb1 as encrypting.
    static let encryptingInNewerList = "dl1 p6e-gb200 trn2u u-12tb1 u-18tb1 u-24tb1 u-9tb1 u7inh-32tb"

    /// "high memory (u-*), virtualized only" (EC2 user guide, "Data protection", awsdocs/amazon-ec2-user-guide
    /// @e18bc3e): the families that have a size `metal` besides virtualized sizes. The dump contains none of these
    /// sizes.
    static let virtualizedOnly = "u-12tb1 u-18tb1 u-24tb1 u-6tb1 u-9tb1"

    /// 48 families. Many run on Nitro but do not encrypt.
    static let notEncryptingInDump = """
        a1 c1 c3 c4 c5 c5d c6g c6gd d2 g5g h1 i2 i3 m1 m2 m3 m4 m5 m5a m5ad m5d m6g m6gd mac-m3ultra mac-m4max
        mac1 mac2 mac2-m1ultra mac2-m2 mac2-m2pro r3 r4 r5 r5a r5ad r5b r5d r6g r6gd t1 t2 t3 t3a t4g x1 x1e
        x2gd z1d
        """
}

extension InstanceTypeCatalog {
    // The sizes of every family, from the same sources as the families. Families with equal sizes share a line: sizes,
    // a colon, families. `n u s m l x` are nano, micro, small, medium, large and xlarge; `12x` is 12xlarge. A test
    // compares them with the dump, type by type. `i3.metal` is not in the dump, but in the EC2 API's list of types
    // (`InstanceType` of its service model).
    static let sizesByFamily: [String: [String]] = families(bySizes: sizesOfFamilies)

    private static let sizesOfFamilies = """
        n u s m l x 2x: t2 t3 t3a t4g
        u: t1
        s m l x: m1
        m l x 2x: m3
        m l x 2x 4x 8x: is4gen
        m l x 2x 4x 8x 12x 16x: c6gn
        m l x 2x 4x 8x 12x 16x 24x 32x 48x metal-48xl: c7a m7a r7a
        m l x 2x 4x 8x 12x 16x 24x 48x metal-24xl metal-48xl: c8a c8g c8gb c8gd c8gn m8a m8g m8gb m8gd m8gn r8a r8g \
            r8gb r8gd r8gn x8g
        m l x 2x 4x 8x 12x 16x 24x 48x metal-48xl: c9g c9gd m9g m9gd
        m l x 2x 4x 8x 12x 16x metal: c6g c6gd c7g c7gd c7gn m6g m6gd m7g m7gd r6g r6gd r7g r7gd x2gd
        m l x 2x 4x metal: a1
        m l x 3x 6x 12x 24x metal-12xl metal-24xl: m8azn
        m x: c1
        l x 2x 3x 6x 12x 18x 24x 48x metal-24xl metal-48xl: i7ie i8ge
        l x 2x 3x 6x 12x 24x metal: i3en
        l x 2x 3x 6x 12x metal: m5zn z1d
        l x 2x 4x: g6f
        l x 2x 4x 8x: c3 c4 r3
        l x 2x 4x 8x 12x: c8ine m8ine
        l x 2x 4x 8x 12x 16x: c7i-flex c8i-flex m7i-flex m8i-flex r8i-flex
        l x 2x 4x 8x 12x 16x 24x: c5a c5ad m5a m5ad r5a r5ad
        l x 2x 4x 8x 12x 16x 24x 32x 48x 64x 96x metal-48xl metal-96xl: x8i
        l x 2x 4x 8x 12x 16x 24x 32x 48x 96x metal-48xl metal-96xl: c8i c8ib c8id c8in m8i m8ib m8id m8idb m8idn m8in \
            r8i r8ib r8id r8idb r8idn r8in
        l x 2x 4x 8x 12x 16x 24x 32x 48x metal: c6a m6a r6a
        l x 2x 4x 8x 12x 16x 24x 32x metal: c6i c6id c6in i4i m6i m6id m6idn m6in r6i r6id r6idn r6in
        l x 2x 4x 8x 12x 16x 24x 48x metal-24xl metal-48xl: c7i i7i i8g m7i r7i
        l x 2x 4x 8x 12x 16x 24x metal: m5 m5d m5dn m5n r5 r5b r5d r5dn r5n
        l x 2x 4x 8x 12x 16x 32x metal-16xl metal-32xl: r7iz
        l x 2x 4x 8x 16x: i4g im4gn r4
        l x 2x 4x 8x 16x metal: i3
        l x 2x 4x 9x 12x 18x 24x metal: c5 c5d
        l x 2x 4x 9x 18x metal: c5n
        l x 2x 4x 10x 16x: m4
        l x 3x 6x 12x 24x metal-12xl metal-24xl: x8aedz
        x 2x 4x: m2
        x 2x 4x 6x 8x 12x: d3en
        x 2x 4x 8x: d2 d3 i2
        x 2x 4x 8x 12x 16x 24x 48x: g5 g6 g6e
        x 2x 4x 8x 12x 16x metal: g4dn
        x 2x 4x 8x 16x: g4ad
        x 2x 4x 8x 16x 24x 32x metal: x2iedn
        x 2x 4x 8x 16x 32x: x1e
        x 2x 4x 8x 16x metal: g5g
        x 2x 6x 24x: inf1
        x 8x 24x 48x: inf2
        2x 4x 6x 8x 12x metal: x2iezn
        2x 4x 8x 12x 24x 48x: g7 g7e
        2x 4x 8x 16x: h1
        2x 32x: trn1
        3x 6x 24x: vt1
        3x 48x: trn2
        4x: gr6f
        4x 8x: gr6
        4x 8x 16x: hpc7g
        4x 48x: p5
        6x 12x 48x: f2
        12x 24x 48x 96x: hpc7a
        16x 24x 32x metal: x2idn
        16x 32x: x1
        24x: dl1 dl2q p3dn p4d p4de
        32x: hpc6id trn1n
        36x: p6e-gb200
        48x: hpc6a p5e p5en p6-b200 p6-b300 trn2u
        56x: u-3tb1
        56x 112x: u-6tb1
        96x: hpc8a
        112x: u-12tb1 u-18tb1 u-24tb1 u-9tb1 u7i-6tb u7i-8tb
        224x: u7i-12tb u7in-16tb u7in-24tb u7in-32tb
        480x: u7inh-32tb
        metal: mac-m3ultra mac-m4 mac-m4max mac-m4pro mac1 mac2 mac2-m1ultra mac2-m2 mac2-m2pro
        """

    private static func families(bySizes text: String) -> [String: [String]] {
        var sizesByFamily: [String: [String]] = [:]
        for line in text.split(separator: "\n") {
            let sides = line.split(separator: ":")
            guard let sizes = sides.first, let families = sides.last, sides.count == 2 else { continue }
            let names = sizes.split(separator: " ").map { size(named: String($0)) }
            for family in families.split(separator: " ") { sizesByFamily[String(family)] = names }
        }
        return sizesByFamily
    }

    private static func size(named word: String) -> String {
        switch word {
        case "n": "nano"
        case "u": "micro"
        case "s": "small"
        case "m": "medium"
        case "l": "large"
        case "x": "xlarge"
        case _ where word.hasSuffix("x"): word + "large"
        default: word
        }
    }
}

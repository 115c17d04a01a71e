import SealaneTunnel

extension RegionCertificates {
    // Source: AWS's RSA-2048 certificates (EC2 user guide, "Public certificates for instance identity document
    // signatures"), as distributed with spiffe/spire @7600311 (2026-08-14), Apache-2.0. A test compares this table with
    // those files.

    /// The DER of the issuer of all certificates: C=US, ST=Washington State, L=Seattle, O=Amazon Web Services LLC.
    private static let issuer: [UInt8] =
        [0x30, 0x5C]
        + attribute(0x06, "US") + attribute(0x08, "Washington State") + attribute(0x07, "Seattle")
        + attribute(0x0A, "Amazon Web Services LLC")

    /// A relative distinguished name: attribute type 2.5.4.`type` with a PrintableString.
    private static func attribute(_ type: UInt8, _ text: String) -> [UInt8] {
        let count = UInt8(text.utf8.count)
        return [0x31, count + 9, 0x30, count + 7, 0x06, 0x03, 0x55, 0x04, type, 0x13, count] + text.utf8
    }

    static let published: [String: RegionCertificate] = {
        let words = table.split(whereSeparator: \.isWhitespace)
        var certificates: [String: RegionCertificate] = [:]
        for row in stride(from: 0, to: words.count - 5, by: 6) {
            guard let serialNumber = UInt64(words[row + 1], radix: 16) else { continue }
            let text = Array(words[row + 2..<row + 6].joined().utf8)
            var modulus = [UInt8](repeating: 0, count: 256)
            let isBase64 = text.withUnsafeBytes { text in
                modulus.withUnsafeMutableBytes { Base64.decode(text, into: $0) }
            }
            guard isBase64 else { continue }
            certificates[String(words[row])] = RegionCertificate(
                issuer: issuer, serialNumber: withUnsafeBytes(of: serialNumber.bigEndian) { Array($0) },
                modulus: modulus)
        }
        return certificates
    }()

    // For each Region: its name, the certificate's serial number, and the modulus of its key in base64. The exponents
    // are 65537. To create a row from a Region's file:
    //
    //     openssl x509 -noout -serial <FILE
    //     openssl x509 -noout -modulus <FILE | cut -d = -f 2 | xxd -r -p | base64 -w 86
    private static let table = """
        af-south-1 8148F8EE40EBF648
        y7/WHBBHOrk+20aumT07g8rxrSM0UXgki3eYgKauPCG4Xx//vwQbuZwIoeVmR9nqnhfij2wOcQdbLandh0EGtb
        xerete3IoXzd1KXJb11PVmzrzyu5SPBPuPiCeV4qdjjkXo2YWM6t9YQ911hcG96YSp89TBXFYUh3KLxfqAdTVh
        uC0NRGhXpyiij/czo9njofHhqhTr7UEyPun8NVS2QWctLQ86N5zWR3Q0GRoVqqMrJs0cowHTrVw29Qr7QBjjBO
        VbyYmtYxm/DtiKprYV/e6bCAVok015X1sZDd3oCOQNoGlv5XbHJe2oJFD8GRRy2rkWO/lNwVFDcwec6zC3Qw==
        ap-east-1 CA318B1BECDD8B2C
        4T1PNsOg0FDrGlWePoHeOSmOJTA3HCRy5LSbYD33GFU2eBrOIxoU/+SMrInKu3GghAMfH7WxPW3etIAZiyTDDU
        5RLcUq2Qwdr/ZpXAWpYocNc/CEmBFtfbxFz4uwBIN3/drM0RSbe/wP9EcgmNUGQMMZWeAji8sMtwpOblNWAP9B
        niUG0Flcz6DpuPovwDTLdAYT3TyhzlohKL3f6O48TR5yTaV+3Ran2SGRhyJjfh3FRpP4VC+z5LnTWPQHN74Kdq
        35UgrUxNhJraMGCzznolUuoR/tFMwR93401GsM9fVA7SW3jjCGF81zPSzjy+ArKyQqIpLW1YGWDFk3sf08FQ==
        ap-east-2 9B7986032E59BA4C
        91FXs9Wk9kMI3lkNhjC69C6RTBpSvdLWSohPDlJKXFoaGYIDtyW1ViwOFORAKz0koarVBx1D4fNKCxf+mhYAf/
        /4Pxt31GzjehHNs2YVGimwhq/SNr+3AuIOPibA+qScXamaiknE1Pxb4jisbBu2PMAG9OxU2dESNwiqBMvdJvg3
        0YNTUITZ6r0eMPjR1Y/EFVx/SLHW6wdvwqhNi9hz8HHdThzjCbCQPvmoLBJIKXIfosKqvauSezt1KJSoS2jMx1
        OjJB2bBlQTZC8vF0WFNPoiH4jXyJ6+wMUMNSSd5b3uL5stVTMzuIz439Hd5YW41rmAy+6jmpGp2eXn6Td0rQ==
        ap-northeast-1 BF4A201EC582F83F
        z0djWUcmRW85C5CiCKPFiTIvj6y2OuopFxNE5d3Wtab10bm06vnXVKXutz3AndG+Dg0zIL0gMlU+QmrSR0PH2P
        fV9iejfLak9iwdm1WbwRrCEAj5VxPe0Q+IKeznOtxzqQ5Wo5NLE9bA61sziUAFNVsTFUzphEwRohcekYyd3bBC
        4v/RuAjCXHVx40z6AIksnAOGN2VABMlTeMNvPItKOCIeRLlllSqXX1gbtL1gxSW40JWdF3WPB68Ee+/1U3F7OE
        r7XqmNODOL6yh92QqZ8fHjG+afOL9Y2Hc4g+P1nk4w4iohQOPABqzbMPjK7B2Rze0f9OEc51GBQu13kxkWWQ==
        ap-northeast-2 DB82802707B4E261
        66iNv6pJPmGM20W8HbVYJSlKcAg2vUGx8xeAbzZIQdpGfkabVcUHGB6mGy59VXDMDlrJckDDk6dxUOhmcX9z78
        5TtVZURq1fua9QosdbTzX4kAgHGdp4xQEsmO6QZqg5qKjBP6xr3+PshfQ1rB8Bmwg0gXEm22CC7o77+7N7Mu2s
        WzWbiUR7vil49FjWS8XmMNwFTlShp4l1TDTevDWW/uYmC30RThM9S4QPvTZ0rAS18hHVam8BCTxaLHaVCH/Yy5
        2rsz0hM/FlghnSnK105ZKj+b+KIp3adBL8OMCjgc/Pxi0+j3HQLdYE32+FaXWU84D2iP2gDT28evnstzuYTQ==
        ap-northeast-3 C9F5C8F936D9D8AD
        rznEYef8IjhrJoazI0QGZkmlmHm/4rEbyQbMNifxjsDE8YWtHNwaM91zzmyK6Sk/tKlWxcnl3g31iq305ziyFP
        Eewe5Qbwf1iz2cMsvfNBcTh/E6u+mBPH3JgvGanqUJt6c4IbipdEouIjjnynyVWd4D6erLl/ENijeR1OxVpaqS
        W5SBK7jms49Epw3wtbchEl3qsE42Ip4IYmWxqjgaxB7vps91n4kfyzAjUmklcqTfMfPCkzmJCRgpVh1C79vRQh
        mriVKD6BXwfZ8tG3a7mijeDn7kTsQzgO07Z2SAE63PIO48JK8HcObHtXORUQ/XF1jzi/SIaUJZT7kq3kWl8w==
        ap-south-1 F458C83F13B660B4
        0LSS5I/eCT2PM0+qusorBx67QL26BIWQHd/yF6ARtHBb/1DdFLRqE5Dj07Xw7eENC+T79mOxOAbeWg91KaODOz
        w6i9I/2/HpK0+NDEdD6sPKDA1d45jRra+vCqAjI+nV9Vw91wv7HjMk3RcjWGziM8/hw+3YNIutt7aQzZRwIWlB
        pcqx3/AFd8Eu2UsRMSHgkGUW6UzUF+h/U8218XfrauKNGmNKDYUhtmyBrHT+k6J0hQ4pN7fe6h+Zw9RVHm24BG
        hlLxLHLmsOIxvbrF277uX9Dxu1HfKfu5D2kimTY7xSZDNLR2dt+kNY/+iWdIeEFpPT0PLSILt52wP6stF+3Q==
        ap-south-2 85567CFC3F5FCD9F
        g29QEFriG+qFEjYW/v62nN70lMJY/Hevx5TtmU/VIYBPQa3HUGTBAbbI2Tmy8UMpa8kZeaYeI3RAfiQWt0Ws7w
        UrBuO2Pdp518WDPaJUH7RWEuu1BDDkyZRWNAMNPCn3ph7Od243IFcLGku7HVekel5poqRpSfojrMasjlf+Cvix
        UeAJbmFoxUHKkh5unzG2sZyO4wHXcJPQkRf5a8zSTPe9YZP1kXPPEv4p/jTSggaYPxXyS6QVaTlVzLeLFZ0fes
        LPMeil3KYQtV7IKLQiEA2F6dxWnxNWQlyMHtdq6PucfEmVx17i/XzayNBRo0azY8WUNVkEXrRhp/pU8Nh3GQ==
        ap-southeast-1 954C1B0E521E472F
        laSSLfBl7OgmikjLReHuNhVuvM20dCsVzptUyRbut+KmIEEc24wd/xVy2RMIrydGedkW4tUjkUyOyfET5OAyT4
        3jTzDPHZTkRSVkYjBdcYbe9o/0Q4P7IVS3XlvwrUu0qo9nSID0mxMnOoF1l8KAqnn10tQ0W+lNSTkasW7QVzcb
        +3okPEVhPAOqMnlY3vkMQGI8zX4iOKbEcSVIzf6wuIffXMGHVC/JjwihJ2USQ8fq6oy686g54P4wROg415kLYc
        odjqThmGJPNUpAZ7MOc5Z4pymFuCHgNAZNvjhZDA842Ojecqm62zcmTzh/pNMNeGCRYq2EQX0aQtYOIj7bOQ==
        ap-southeast-2 BD9B3A06FE76AF6B
        mRcyLWraysQS8yDC1b5Abs3TUaJabjqWu7d5gHik5Icd6dKl8EYpQSeSvz6pLhkgO4xBbCRGlgE8LS/OijcZ5H
        wdrxBiKbicR1YvIPaIyEQQvF5sX6UWkGYwMa5IRGj4YbRmJkBybw+AAV9Icb5LJNOMWPi34OWM+2tMh+8L234v
        /JA6ogpdPuDrsM6YFHMZ0NWo58MQ0FnEj2D7H58Ti//vFPl0TaaPWaAIRF85zBiJtKcFJ6vPidqKf2/SDuAvZm
        yHC8ZBHg1moX9bR5FsU3QazfbW+c+JzAQWHj2AaQrGSCITxCMlS9sJl51DeoZBjnx8cnRe+HCaC4YoRBiqIQ==
        ap-southeast-3 CB5DC91707E758FD
        vUsKCxoH6KXRYJLeYTWAQfaBQeCwhJaR56mfUeFHJE4g8aFjWkiN4uc1TvOyYNnIZKTHWmzmulmdinWNbwP0Gi
        ROHb/i7ro0HhvnptyycGt8ag8affiIbx5X7ohdwSN2KJ6G0IKflIx7f2NEI0oAMM/9k+T1eVF+MVWzpZoiDp8f
        rLNkqp8+RAgzScZsbRfwv3u/if5xJAvdg2nCkIWDMSHEVPoz0lJo7v0ZuDtWWsL1LHnL5ozvsKEk+ZJyEi23r+
        U1hIT1NTBdp4yoigNQexedtwCSr7q36oOdDwvZpqYlkLi3uxZ4ta+a01pzOSTwMLgQZSbKWQrpMvsIAPrxoQ==
        ap-southeast-4 DE064D0EB8CD5B3C
        2BYgeCr+Rk/jIAEDOHS7wJql62vc83QEwjuzk0qOFEReIZzlN1fBRNXKg0T178Kd3gLYcE59wEFbTe/X5yOA1L
        o95x1anSAo7R+Cisf9C2HQuJp+gVb+zx71lniPF7gHziGpm0M8DdAU/IW+wkZwGbP4z7Hq9+bJ0P2ltvPJ5yxS
        gkFuDsI9VBHaCLoprHsCHh2VdP8KcMgQQMmHe1NmBpyTk0ul/aLmQkCQEX6ZIRGOeq228fwlh/t+Ho+jv87dui
        hVKic6MrL32SlD+maX0LSDUydWdaOLLTGkh7oV7+bFuH6msrXUu+UrZEP1r/MidCWMhfgrFzeTBzOHA97qxQ==
        ap-southeast-5 D0B7C6D6CF850D86
        t3aMy7Hsp4ySG3mlfi+pdTcZw6H6XNU1Y36fNdi4c+MzinQQbnqMPyt7QLgU+XCWmcWsVo7GQF6n9N01Rh+UXX
        UZU4jcXlFocQPCWf9O+IIIIPXkd67kFMUVHAxCELjfxHbC+I8e7dwOJhmdF4Bfi52Ty8zz0HdE8JDypPkTDlXu
        GvTgDyW7NP56I/vlQaXLoYSbcQe5pv2a9gyBaaCM1QoeqwAHAeCNXb9Nuj9ZX3GHGJb3TuqAeKCD5i9TscCB9X
        jY6Fx+zfSAobjBZwgLEtLOwJhbZnKmx4gJMaaNFipAjVT2FSS3+yeveTYBoa1dvhk0ivQyQIPpHmihrmkWuw==
        ap-southeast-6 8FF151F5B04903AD
        rbid9Tnunu0pWCQUqZCkGeiF8hWixi+LBS1AOew2UsT9keAt2rXXGlU/wSMriKHsvcrfKtuVKj5chArsOyFvag
        szH5lIKhI+GfWVQEd2aZiOvAJ+iRUQq1+RgOr2gyjWlf3znZXTcyhHcJoXDhbn5e+kEa3pwS4yKNRpM3P61V4M
        2702xis08hjPqMDxwXMa1Fiy4b7nAyNQifgrwb3bCA5k5prmkl/iajaWa1zMMFgLI9vA6UwUSbTKH9iOuL/xNf
        MX+Xzq4CCaQYiJ8zdi56kqnB/lrA05NSjOPLskg6sUGkyiDxGK4gzCDFrO6oygcdlBaxnyAECGdJcOM6TOmw==
        ap-southeast-7 D69022B61C8A3C5A
        xtMGK4r6WerVtMfpRRCY3DMP9Q/s4jnRIqolPaxeT99BAFp03HXyOrTzWjggEHArRGGeDowFkL7Vj+QNY7ran2
        lnYVlAQ7Ow6OLl6WttT6lMsgsLUIcsED6GeJ1Ko+ovT1qvmuush1U5R2pHkcCJ1IT2s6uQff85l066K7dCFpao
        A1QHUk9zACHji0DtWuTAWBXirAZSGlmtP6uj1Aw6y5kACDTjIvZJeW/kmswfApTKaJ56eNkJsUBUNpKwt3um1B
        MZduy0cjUv0Sc3dIbLNyfOdyPn8tX5u5ck0EPdtBB5WjEh71IXdZJDoaBREV7AHg5ERPQsm0BqSvMQt09Kiw==
        ca-central-1 934A84985A24EB8C
        hDUh6j1ACSt057nSxAcwMaGr8Ez87VA2RW2HyY8l9XoHndnxmP50Cqld+26AJtltlqHpI1YdtnZ6OrVgVhXcVt
        bvte0lZ3ldEzC3PMvmISBhHs6A3SWHA9lnInHbToLX/SWqBHLOX78HkPRaG2k0COHpRy+fG9gvz8HCiQaXCbWN
        FDHZev9OToNIxhXBVzIa3AgUnGMalCYZuh5AfVRCEeALG60kxMMC8IoAN7+HG+pMdqAhJxGUcMO0LBvmTGGeWh
        i04MUZWfOkwn9JjQZuyLg6B1OD4Y6s0LB2P1MovmSJKGY4JcF8Qu3zxxUbl7Bh9pvzFR5gJN1pjM2n3gJEPw==
        ca-west-1 BC939F9207AC8663
        1GP5os424BJmGPCKOSgOclP7lzUiB85du03M4hfjzSOszsBpmBGFDLz1owYHtIxlq3+Vi1Lt5Qlx3id/ov1Qya
        BPFWXVeklHVXy9vieCcI3TdjGjTl1W/8MMm3X26QPcsnHM/Kk2wJ7s186MrqmdSsp3SCPpxv4vEG2Q9yR2bXY4
        1hpc2rWlW8qUD0JGXluvmmAdFnto20l1XWZ6xFen1h60DRugek/ufCbN+ljKy0xLqPoavH0YbjsbUpsAsBs7ph
        aoN+X/5hIERfbp5LfVnqq54pNG5KNu4KynfW9+kA/WS4cJ6FTTN5t+y0P1HvcL+BL2RuDy6T2bB21xw5WqtQ==
        cn-north-1 EB6B3395CB0D28C2
        vVBz+WQNdPiM9S+aUULOQEriTmNDUrjLWLr7SfaOJScBzis5D5ju0jh1+qJdkbuGKtFX5OTWTm8pWhInX+hIOo
        S3exC4BaANoa1A3o6quoG+Rsv72qQf8LLHsgEi6+LMlCN9TwnRKOToEabmDKorss4zFl7VSsbQJwcBSfOcIwbd
        RRaW9Ab6uJHu79L+mBR3Ea+G7vSDrVIA8goAPkae6jY9WGw9KxsOrcvNdQoEkqRVtHo4bs9fMRHUEtphj2gh4O
        bXlFN92VtvzD6QBs3CcoFWgyWGvzg+dNG5VCbsiiuRdmii3kcijZ3HNv1wCcZoEAqH72etVhsuvNRC/xAP8w==
        cn-northwest-1 FBB8B2C637065CDC
        sOiGi4A6+YTLzCdIyP8b8SCT2M/6PGKwzKJ5XbSBoL3gsnSWiFYqPg9cuJPNbiy9wSA9vlyfWMd90qvTfiNrT6
        vewP813QdJ3EENZOx4ERcf/Wd22tV72kxDyw1Q3I1OMH4bOItGQAxU5OtXCjBZEEUZooOkU8RoUQOU2Pql4NTi
        UpzWacNutAn5HHS7MDc4lUlsJqbN+5QW6fFrcNG/0Mrib3JbwdFUNhrQ5j+Yq5h78HarnUivnX/3Ap+oPbentv
        1qd7wvPJu556LZuhfqI0TohiIT1Ah+yUdN5osoaMxTHKKtf/CsSJ1Fw3qXqFJQA0VWsqjFyHXFI32I/GOupw==
        eu-central-1 A0FEBFA2DE47F5AB
        ka8FLhxs1cSJGK+Q+q/vTf8zVnDAPZ3U6oqppOW/cupCtpwMAQcky8DYYb62GF7+C6usniaq/9W6xPn/3o//wt
        i0cNt6MLsiUeHqNl5H/4U/Q/fR+GA8pJ+LnpqZDG2tFi1WMvvGhGgIbScrjR4VO3TuKy+rZXMYvMRk1RXZ9gPh
        k6evFnviwHsEjV5AEjxLz3duD+u/SjPp1vloxe2KuWnyC+EKInnka909sl4ZAUh+qIYfZK85DAjmGJP4W036E9
        wTJQF2hZJrzsiB1MGyC1WI9veRISd30izZZL6VVXLXUtHwVHnVASrSzZDVpzj+3yD5hRXsvFigGhY0FCVFnw==
        eu-central-2 BBD3D35DA9C53C4D
        yn+Lsnq1ykrfYlZkk6aAAYNReNd9Iw8AUwCBkgOr2eBiBBepYxHwU85N++moQ+j0EV2VaahBeTLShGZZS1HsyK
        8+cYT2QzpghIoamcYhrPXyIxlWiRQlaqSgOFiE9bsqL3rCF5Vz+tOiTe5W/7ojfOFls6++g7ZpobwJlpMbuJep
        qyeHMPyjvO5Aage81lJewc4bxo2ntaW0HCqNksqfYB78j6X6kn3PFpX7FaYAwZA+Xx6C7UCY7rNiUdQzfAo8ht
        fJi4chz7frpUdQ9kl3IOQrsLshBB5fFUjl09NiFipCGBwi+8ZMeSn15qwBI01BWXPfG7WX6Owyjhmh6JtE1w==
        eu-north-1 B73FB91C60FBE127
        zwCGJEJIxqtr2PD2a1mA6LhRzKhTBa1AZsg3eYfpETXIVlrpojMfvVoNqHvGshWLgrGTT6os/3gsaADheSaJKa
        vxwX3X6tJA8fvEGqr3a1C1MffH9hBWbQqCLbfUTAbkwis4GdTUwOwPjT1Cm3u9R/VzilCNwkj7iQ65AFAI8Enm
        sw3UGldEsop4yChKB3KW3WI0FTh0+gD0YtjrqqYJxpGOYBpJp5vwdd3fZ4t1vidmDMs7liv4f9Bxp0oSmUobU4
        GUlFhBchK1DukICVQdnOVzdMonYm7s+HtpFbVHR8yf6QoixBKGdSalmBf7+y0ixjCn0pnC0VLVooGo4mi17Q==
        eu-south-1 EFFE0E0605EFC2B0
        v1ZLV+Z/P6INq+R1qLkzETBg7sFGKPiwHekbpuB6lrRxKHhj8V9vaReMlnv1Ur5LAPpMPYDsuJ4WoUbPYAqVqy
        MAo7ikJHCCM1cXgZJefgN6z9bpS+uA3YVhV/0ipHh/X2hc2S9wvxKWiSHu6Aq9GVpqL035tJQD+NJuqFd+nXrt
        cw4yGtmvA6wl5Bjn8WdsP3xOTKjrByYY1BhXpP/f1ohU9jE9dstsRXLa+XTgTPWcWdCS2oRTWPGRc5Aeh47nnD
        syQfP9gLxHeYeQItV/BD9kU/2Hn6mnRg/B9/TYH8qzlRTzLapXp4/5iNwusrTNexGl8BgvAPrfhjDpdgYuTw==
        eu-south-2 B59298EE83BD2A50
        uAAhuSpsHC00/fD2zNlBDpNLRndi9qbHsNeuz3WqN7Samj2aSrM2hS+ihUxx0BspZj0tZCOsbpPZ+i74NOEQtF
        eqQoEGvKhB1nJiF4y5I81HDhs5qHvoIivm7rbbik3zgm1PqS/DmDjVQaXPcD31Rd9ILwBmWEwJqHigyNVlxYtC
        zTQcrlBrvNZMdnNgCDAdX/HBEFxx9O12xeu0bSt0s+PJWZ1RTbYrNe7LIH6ntUqHxP/ziQ5trXEZuqy7aWk1L8
        uK4jmyNph0lbaqBa3Y6pYmU1nC27UE4i3fnPB0LSiAr+SrwVvX1g4zilo8kr+tbIF+JmcgYLBvO8Jwp+EUqQ==
        eu-west-1 EAE6A87B9A52DD2F
        jE7nVu+aHLtzp9FYV25Qs1mvJ1JXD7J0iQ1Gs/RirW9a5ZECCtc4ssnfzQHq2JRVr0GRchvDrbm1HaP/avtFQR
        /Thvfltwu9AROVT22dUOTvERdkNzveoFCyhf52Rqf0DMrLXG8ZmQPPXPDFAv+sVMWCDftcChxRYZ6mP9O+TpgY
        NT1krD5PdvJU7HcXrkNHDYqbsg8A+Mu2hzl0QkvUET83Csg1ibeK54HP9w+FsD6F5W+6ZSHGJ88lFI+qYKs7xs
        jJQYgXWfEt6bbckWs1kZIaIOyMzYdPF6ClYzEec/UhIe/uJyUUNfpTVIsI5OltBbcPF4c7Y20jOIwwI2SgOQ==
        eu-west-2 D071D04D9B38210F
        rYS3mJLGaMrh2DmiPLbqr4Z+xWXTzBWCjOwpsuHE9H6dWUUyl2Bgnu+Zd8QvW306Yleec45M4F2RA3J4hWHtSh
        zsMlOJVRt+YulGeTf9OCPr26QmIFfs5nD4fgsJQEry2MBSGA9Fxq3Cw6qkWcrOPsCR+bHOU0XykdKl0MnIbpBf
        0kTfciAupQEAdEHnM2J1L2iI0NTLBgKxy5PXLH9weX20BFauNmHH9/J07OpwL20SN5f8TxcM9+pjLbk8h1V4Kd
        IwVQpdWkbDL9BCGlYjyadQJxSxz1J343NzrnDM0M4h4HtVaKOS7bQoBqt2ruopLRCYgcuFHck/1348iAmbRQ==
        eu-west-3 B5927E01EE4FF011
        y5V7KDqnEvF3DrSProFcgu/oL+QYD62b1U+Naq8aPuljJe127Sm9WnWAEBdOSASkOaQ9fzjCPoG5SGgWKxYoZj
        sevHpmzjVv9+Ci+F57bSuMbjgUbvbRIFUBbxQojVoXQPHgK5v433ODxkQ4sjRyUbf4YV1AFdfU7zabC698YgPV
        OExGhXPlTvco8mlc631ubw2g52j0lzaozUkHPSbknTomhQIvO6kUfX0e0TDMH4jLDG2ZIrUB1L4rOWKG4Ketdu
        FrRZyDHF6ILZu+s6ywiMicUd+2UllDFC6oas+a8D11hmO/rpWU/ieVjj4rWAFrsebpn+Nhgy96iiVUGS2LuQ==
        eusc-de-east-1 E0D1C518B955705B
        r24OkDrpRU1ffx1PAcHZbKu7fZkhfT/e/PDhSkp2FvOzJEqDUT23E2wpK/44mhJ3d8blYtgBiRXjqRsAFu8Zbz
        XLc0gaQ9A5woxfx5b7iOMwneCajS9xS5qrcE0MMEY9XwG8MCp9YBoDJqDJh74oQqcPROBq16L4k2Ys22n1khus
        4JpwT7VSRE1Innt7fGIYsUmNGM+T2E6ubG3FvkY0HbLvNCcGRMCnDYqloo2BthuSG58KbMAku7VDhMxzzJte5y
        MuRpHBojQr9N0hZcSJCtSFo6FhlxCzxGzwoSKzqm99ULYL4lf+IOReDaKoATZJvbnX0LYAKLtPr1Pz9SD9pQ==
        il-central-1 E569D61D88F705BB
        13PkyWvl61iV/SYfO1UFO76UpDfPm2SF/Rz/o33cm699X++EYPxTnoEcvmWeS0I7eDXc4OCUiToG0sEx0klE0C
        X1Z1tK6qJ+zgWQLZ9SZEC9H0NsSA6LhrHuNq0dzeK3LjhdfcX46/4GqdiptpdTuM4m/hOQ5yx4JMQ/n1sdpv4M
        5VLRWwWW9Lemufb79Id7O9SispxgRsz1KXIjp7N9S4BY7itSXz97uSyzTqEjWZ6mDUhTu3t21GKC6flALGTTrG
        2yghEhz53rkvLsvwzjPSSlT6LIf0mrRPzHaf+EdaKoasElE1SHh+ZH9mI81HywpE+HZ+W+5hBCvjYp90Y1fw==
        me-central-1 CE21EDBD42561AAA
        pybTWfMOhSoMpqPo72eqAmnn1dXGZM+G8EoZXzwHwT/+IHEXNB4q5N6ktudYLre1bJxuzEw+iProSHjmb9bB9Y
        scRTofjVhBlt35Fc+i8BaMeH94SR/eE8QOmll8gnLNW3d62lyuhzuyv1e5wVlRqzYw+X2zRH4/wRDOCOpzjKoH
        IgyPKsMgwsw5aTZhNMsGxZN9dbkf0iCGeQLDytwU/JTh/HqvSr3VfUOapTJJiyAxoCtZWgp1/7wCRvOCSMRJob
        pUqxZgl/VsttwNkikSFz1wGkcYeSQvk+odbnYQckA8tdddoVI56eD4qtREQvfpMAX5v7fcqLexl5d5vH8uZQ==
        me-south-1 D664165411DAB2AA
        y4Vnit2eBpEjKgOKBmyupJzJAiT4fr74tuGJNwwa+Is2vH12jMZn9Il1UpvvEUYTIboIgISpf6SJ5LmV5rCv4j
        T4a1Wm0kjfNbiIlkUi8SxZrPypcw24m6keBVuxQZrZDs+xDUYIZifTmdgD50u5YE+TLg+YmXKnVgxBU6WZjbuK
        2INohi71aPBw2zWUR7Gr/ggIpf635JLU3KIBLNEmrkXCVSnDFlsK4eeCrB7+UNak+4BwgpuykSGGOp9+2vsuNq
        FeU1l9daQeG9roHR+4rIWSPa0opmMxv5nctgypOrE6zKXx2dNXQlddVULv+WH7s6Vm4+yBeG8ctPYH5GOo+Q==
        mx-central-1 BC6E134D07A09A26
        13xWucALo8M/TXbZJgHrqFqFON91dSLPE/eLbmeIJbP1pb9ICd33qKAxHlKSrXI9b9YS3U1Pl0bF3ZgfeE/x4Y
        0KDDZwzpf07H8IgRittULJoNLYVKCJXWPqKy1qvDJX3653dUbUu9eAdVCTRgk7eKpPBLAmW27+pgAGzEYrVV3u
        2AvqNTonvfTUsPgEVnAL1J490pNM85KtFynxFTWGigHkd3BHidxmLrTH4I4eRxNZ9q/3gsDW+zKtjQlpM7JzZa
        2OqxsF5YQDh1fF52Emqsr+ufLeGqDLOgT1QWcqpz57AX8GqZpgZULoitCRNXbQDzZY9FxIgpiFJv3y/qYYDQ==
        sa-east-1 C732A31C78534C71
        w45IhGZVbQcy1fHBqzROhO8CsrDzxj/WP4cRbJo/2DAnimVrCCDs5O86FA39Zo1xsDuJHDlwMKqeXYXkJXHYbc
        PWc6EYYAnR+PlLG+aNSOGUzsy202S03hT0B20hWPCqpPp39itIRhG4id6nbNRJOzLm6evHuepMAHR4/OV7hyGO
        iGaV/v9zqiNApMCLhbh2xk0PO35HCVBuWt3HUjsgeks2eEsu9Ws6H3JXTCfiqp0TjyRWapM29OhAcRJfJ/d/+w
        BTz1fkWOZ7TF+EWRIN5ITEadlDTPnF1r8kBRuDcS/lIGFwrOOHLo4CcKoNgXkhTqDDBDu6oNBb2rS0K+sz3Q==
        us-east-1 B169CC401559A419
        jS2vqZu9mEOhOq+0bRpAbCUiapbZMFNQqRg7kTlr7Cf+gDqXKpHPjsngSfNz+JHQd8WPI+pmNs+q0Z2aTe23kl
        mf2U52KH9/j1k8RlIbap/yFibFTSedmegXE5r447GbJRsHUmuIIfZTZ/oRlpuIIO5/Vz7SOj22tdkdY2ADp7ca
        ZkNxhSP915fk2jJMTBUOzyXUS2rBU/ulNHbTTeePjcEkvzVYPahD30TeQ+/A+uWUu89bHSQOJR8hUm4cFApzZg
        N3aD5j2LrSMu2pctkQwf9CaWyVznqrsGYjYOY66LuFzSCXwqSnFBfvfFBAFsjCgY24G2DoMyYkF3MyZlu+rw==
        us-east-2 CD3BA1E5F8C5EBDD
        6v6kGMnRmFDLxBEqXzP4npnL65OO0kmQ7w8YXQygSdmNIoScGSU5wfh9mZdcvCxCdxgALFsFqPvH8fqiE9ttI0
        fEfuZvHOs8wUsIdKr0Zz0MjSx3cik4tKETch0EKfMnzKOgDBavraCDeX1rUDU0Rg7HFqNAOry3uqDmnqtk00XC
        9GenS3z/7ebJfIBEPAam5oYMVFpX6M6St77WdNE8wEU8SuerQughiMVx9kMB07imeVHBiELbMQ0NlwSWRL/61f
        A02keGSTfSp/0m3u+lesf2VwVFhqIJs+JbsEscPxOkIRlzy8mGd/JVONb/DQpTedzUKLgXbw7KtO3HTG9iXQ==
        us-gov-east-1 B3C1EA1C4585ACBC
        va9xsI9237KYb/SPWmeCVzi7giKNron8hoRDwlwwMC9+uHPd53UxzKLbpTgtJWAPkZVxEdl2Gdhwr3SULoKcKm
        kqE6ltVFrVuPT33La1UufguT9k8ZDDuO9ChQNHUdSVEuVrK3bLjaSsMOS7Uxmnn7lYT990IReowvnBNBsBlcab
        fQTBV04xfUG0/m0XUiUFjOxDBqbNzkEIblW7vK7ydSJtFMSljga54UAVXibQt9EAIF7B8k9l2iLamu9yEjyQy+
        ZQICTuAvPUEWe6va2CHVY9gYQLA31/zU0VBKZPTNExjaqK4j8bKs1/7dOV1so39sIGBz21cUBec1o+yCS5Sw==
        us-gov-west-1 D08E17443AA219EE
        zIcGTzNqie3f1olrrqcfzGfbymSM2QfbTzDIOG6xXXeFrCDAmOq0wUhi3fRCuoeHlKOWAPu76B9os71+zgF22d
        IDEVkpqHCjBrGzDQZXXUwOzhm+PmBUI8Z1qvbVD4ZYhjCujWWzrsX6Z4yEK7PEFjtf4M4W8euw0RmiNwjy+knI
        Fa+VxK6aQv94lW98URFP2fD84xedHp6ozZlr3+RZSIFZsOiyxYsgiwTbesRMI0Y7LnkKGCIHQ/XJOwSISWaCdd
        bu59BZeADnyhl4f+pWaSQpQQ1DpXvZAVBYvCH97J1oAxLfH8xcwgSQ/se3wtn095VBt5b7qTVjOvy6vKZazw==
        us-west-1 D34F908A5CC84B48
        pHQGvHvq3SVCzDrC7575BW7GWLzcj8CLqYcL3YY7Jffupz7OjcftO57Z4fo5Pj0CaS8DtPzh8+8vdwUSMbiJ6c
        Dd3ooio3MnCq6DwzmsY+pY7CiI3UVG7KcH4TriDqr1Iii7nB5MiPJ8wTeAqX89T3SYaf6Vo+4GCb3LCDGvnkZ9
        TrGcz2CHkJsjAIGwgopFpwhIjVYm7obmuIxSIUv+oNH0wXgDL029Zd98SnIYQd/njiqkzE+lvXgk4h4Tu17xZI
        KBgFcTtWPky+POGu81DYFqiWVEyR2JKKm2/iR1dL1YsT39kbNg47xYaR129sS4nB5Vw3TRQA2jL0ToTIxzhQ==
        us-west-2 B64BDE5AD00924CC
        02Y59qtAA0a6uzo7nEQcnJ26OKF+LRPwZfixBH+EbEN/Fx0gYy1jpjCPs5+VRNg6/WbfqAsV6X2VSjUKN59ZMn
        MY9ALA/Ipz0n00Huxj38EBZmX/NdNqKm7CqWu1q5kmIvYjKGiadfboU8wLwLcHo8ywvfgI6FiGGsEO9VMC56E/
        hL6Cohko11LWdizyvRcvg/IidazVkJQCN/4zC9PUOVyKdhW33jXy8BTg/QH927QuNk+ZzD7HH//ytIYxDhR6TI
        ZsSnRjz3bOcEHxt1nsidc65mY0ejQty4hy7ioSiapw316mdbtE+RTNfcH9FPIFKQNBpiqfAW5Ebp3Lal3/+w==
        """
}

import SealaneIdentity
import Testing

@Suite("Duration texts")
struct DurationTextTests {
    @Test(
        "seconds, minutes, hours and days are parsed, alone and together",
        arguments: [
            ("90m", 5400), ("24h", 86400), ("7d", 604_800), ("1m", 60), ("36500d", 3_153_600_000), ("20s", 20),
            ("1h30m", 5400), ("1d12h", 129_600), ("2d3h4m5s", 183_845), ("0h30m", 1800), ("1m90s", 150),
        ])
    func reads(text: String, seconds: Double) throws {
        let lifetime = try #require(DurationText(text))
        #expect(lifetime.interval == seconds)
        #expect(lifetime.description == text)
    }

    @Test(
        "other text is refused, and so are zero and more than a hundred years",
        arguments: [
            "", "h", "0h", "-1h", "+1h", "1.5h", "1 h", "24", "24H", "1y", "36501d", "99999999999999999999d", "٣h",
            "0d0s", "30m1h", "1h1h", "1h30", "h30m", "1h 30m", "1h-30m", "36500d1s", "1ms",
        ])
    func refuses(text: String) {
        #expect(DurationText(text) == nil)
    }
}

import SealaneIdentity
import Testing

@Suite("Duration texts")
struct DurationTextTests {
    @Test(
        "minutes, hours and days are parsed",
        arguments: [("90m", 5400), ("24h", 86400), ("7d", 604_800), ("1m", 60), ("36500d", 3_153_600_000)])
    func reads(text: String, seconds: Double) throws {
        let lifetime = try #require(DurationText(text))
        #expect(lifetime.interval == seconds)
        #expect(lifetime.description == text)
    }

    @Test(
        "other text is refused, and so are zero and more than a hundred years",
        arguments: [
            "", "h", "0h", "-1h", "+1h", "1.5h", "1 h", "24", "24H", "1y", "36501d", "99999999999999999999d", "٣h",
        ])
    func refuses(text: String) {
        #expect(DurationText(text) == nil)
    }
}

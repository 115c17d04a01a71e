import AgentTestSupport
import SealaneConfiguration
import Testing

@Suite("How the configuration tells the age of revocation lists")
struct RevocationKeysTests {
    private func identity(_ lines: String) throws -> Configuration.Identity {
        let text = ConfigurationText.minimal.replacing(
            "\npeers:\n", with: "\nidentity: {trust-file: /t, revocations-file: /r\(lines)}\npeers:\n")
        return try #require(try ConfigurationDecoder.decode(text, file: "f").identity)
    }

    @Test("a list may be 30 days old where nothing else is said, and an older one is a warning")
    func defaults() throws {
        let identity = try identity("")
        #expect(identity.revocationsMaximumAge == .seconds(30 * 86400))
        #expect(!identity.refusesStaleRevocations)
    }

    @Test("both are configured, and a reload takes them over")
    func configured() throws {
        let identity = try identity(", revocations-max-age: 90m, revocations-stale: refuse")
        #expect(identity.revocationsMaximumAge == .seconds(5400))
        #expect(identity.refusesStaleRevocations)
        #expect(try self.identity(", revocations-stale: warn") == self.identity(""))
        for key in ["identity.revocations-max-age", "identity.revocations-stale"] {
            #expect(ConfigurationKey.all.first { $0.path == key }?.isReloadable == true)
        }
    }
}

import AgentTestSupport
import SealaneConsole
import SealaneEligibility
import Testing

/// The JSON of commands that ask no agent. A change of a line below is a change of the contract: add keys, change none.
struct ConsoleSchemaTests {
    @Test func `down and catalog have these keys`() throws {
        #expect(
            try keys(
                DownReport(
                    interface: "sealane0", deviceRemoved: true, filterRemoved: true, foreignDeviceKept: true,
                    prohibitionsRemoved: 2,
                    traffic: [
                        DownReport.Traffic(
                            prefix: "10.78.0.2/32", outcome: .clear, interface: "eth0", via: "10.77.0.254")
                    ])) == [
                    "deviceRemoved", "filterRemoved", "foreignDeviceKept", "interface", "prohibitionsRemoved",
                    "schemaVersion", "traffic[].interface",
                    "traffic[].outcome", "traffic[].prefix", "traffic[].via",
                ])
        #expect(
            try keys(CatalogReport(families: InstanceTypeCatalog.entries()))
                == ["families[].encryptsInTransit", "families[].family", "families[].source", "schemaVersion"])
        #expect(
            try keys(try #require(CatalogAnswerReport(of: "m5n")))
                == ["answer", "family", "name", "schemaVersion", "source"])
    }
}

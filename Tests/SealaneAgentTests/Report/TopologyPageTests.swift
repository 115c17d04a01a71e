import Foundation
import SealaneAgent
import SealaneEligibility
import SealaneFleet
import SealanePacket
import TestSupport
import Testing

@Suite struct TopologyPageTests {
    private func html(_ yaml: String) throws -> String {
        let directory = try ScratchDirectory()
        let snapshot = try TopologyFile(path: try directory.write(yaml, to: "topology.yaml")).read()
        return try #require(TopologyPage(snapshot)).html
    }

    private let small = """
        schemaVersion: 1
        takenAt: 2026-11-21T12:00:00Z
        vpcs: [{id: "<vpc>&\\"", region: r, cidrs: [10.0.0.0/16]}]
        subnets: [{id: s1, vpc: "<vpc>&\\"", cidrs: [10.0.1.0/24]}, {id: s2, vpc: "<vpc>&\\"", cidrs: [10.0.2.0/24]}]
        routeTables:
          - {id: main, vpc: "<vpc>&\\"", associations: [{main: true}], routes: [{destination: 10.0.0.0/16, target: local}]}
        interfaces:
          - {id: e1, vpc: "<vpc>&\\"", subnet: s1, addresses: [10.0.1.1], instance: i-1}
          - {id: e2, vpc: "<vpc>&\\"", subnet: s2, addresses: [10.0.2.1], instance: i-2}
          - {id: e3, vpc: "<vpc>&\\"", subnet: s2, addresses: [10.0.2.2], instance: i-3}
        instances: [{id: i-1, type: c5n.large}, {id: i-2, type: m5n.large}, {id: i-3, type: m5.large}]
        """

    @Test func `every pair is judged once, by types as well as by routes, and refused ones lead to their reasons`()
        throws
    {
        let html = try html(small)
        #expect(html.contains("<strong>1 of 3 pairs</strong>"))
        #expect(html.ranges(of: "✓</td>").count == 2)
        #expect(html.ranges(of: "✗</a></td>").count == 4)
        #expect(html.contains("title=\"i-1, i-3: peer-type-unsupported\"><a href=\"#pair-0-2\">"))
        #expect(html.contains("<section id=\"pair-0-2\"><h3><code>i-1</code> and <code>i-3</code></h3>"))
        #expect(html.contains("<b>peer-type-unsupported</b> m5.large (family m5 does not encrypt)"))
        #expect(html.contains("10.0.0.0/16 → <code>local</code>"))
    }

    @Test func `every link leads to a place of the page, and nothing comes from elsewhere`() throws {
        let html = try html(SampleNetwork.yaml)
        let targets = html.matches(of: #/href="([^"]*)"/#).map { String($0.1) }
        let places = Set(html.matches(of: #/id="([^"]*)"/#).map { "#\($0.1)" })
        #expect(!targets.isEmpty)
        #expect(targets.allSatisfy(places.contains))
        for foreign in ["<script", "src=", "http:", "https:", "@import", "url("] { #expect(!html.contains(foreign)) }
    }

    @Test func `ids are text, never markup`() throws {
        let html = try html(small)
        #expect(html.contains("<code>&lt;vpc&gt;&amp;&quot;</code>"))
        #expect(!html.contains("<vpc>"))
    }

    @Test func `the sample network's verdicts are those of its paths, and types that are not known`() throws {
        let directory = try ScratchDirectory()
        let topology = try TopologyFile(path: try directory.write(SampleNetwork.yaml, to: "topology.yaml")).read()
            .topology
        let hosts = topology.hosts
        func verdict(_ first: String, _ second: String) throws -> [ReasonCode] {
            let pair = try [first, second].map { id in try #require(hosts.first { $0.instance.id == id }) }
            return topology.judge(pair[0], pair[1]).reasons.map(\.code)
        }
        #expect(try verdict("i-a1", "i-b1") == [])
        #expect(try verdict("i-a1", "i-c1") == [.peerTypeUnsupported, .vpcNotShared, .pathDevice, .pathDevice])
        #expect(try verdict("i-a1", "i-b2") == [.factsUnknown, .pathDevice])
        #expect(
            try verdict("i-a1", "i-e1") == [
                .factsUnknown, .regionMismatch, .vpcNotShared, .regionMismatch, .regionMismatch,
            ])
    }

    @Test func `more instances than anybody reads are refused`() throws {
        func page(of count: Int) -> TopologyPage? {
            let interfaces = (0..<count).map {
                Topology.Interface(
                    id: "eni-\($0)", vpc: "v", subnet: "s", addresses: [IPAddress(ipv4: 0x0A00_0000 + UInt32($0))],
                    instance: "i-\($0)")
            }
            return TopologyPage(
                TopologySnapshot(takenAt: Date(), account: nil, regions: [], topology: Topology(interfaces: interfaces))
            )
        }
        #expect(page(of: TopologyPage.hostLimit) != nil)
        #expect(page(of: TopologyPage.hostLimit + 1) == nil)
    }
}

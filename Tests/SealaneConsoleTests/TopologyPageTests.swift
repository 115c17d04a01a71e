import Foundation
import SealaneConsole
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
        #expect(html.ranges(of: "<a href=\"#refusal-1\" title=\"peer-type-unsupported\">✗</a>").count == 2)
        #expect(html.contains("<section id=\"refusal-1\"><h3><code>i-1</code> and <code>i-3</code></h3>"))
        #expect(html.contains("<b>peer-type-unsupported</b> m5.large (family m5 does not encrypt)"))
        #expect(html.contains("10.0.0.0/16 → <code>local</code>"))
    }

    /// Three instances in each of two subnets, which an appliance joins, and one elsewhere that no route leads to.
    private let crowd = """
        schemaVersion: 1
        takenAt: 2026-11-21T12:00:00Z
        vpcs: [{id: v, region: r, cidrs: [10.0.0.0/16]}]
        subnets: [{id: s1, vpc: v}, {id: s2, vpc: v}, {id: s3, vpc: v}]
        routeTables:
          - {id: t1, vpc: v, associations: [{subnet: s1}], routes: [{destination: 10.0.2.0/24, target: eni-fw}]}
          - {id: t2, vpc: v, associations: [{main: true}], routes: [{destination: 10.0.1.0/24, target: local}]}
        interfaces:
          - {id: e11, vpc: v, subnet: s1, addresses: [10.0.1.1], instance: i-11}
          - {id: e12, vpc: v, subnet: s1, addresses: [10.0.1.12], instance: i-12}
          - {id: e13, vpc: v, subnet: s1, addresses: [10.0.1.13], instance: i-13}
          - {id: e21, vpc: v, subnet: s2, addresses: [10.0.2.1], instance: i-21}
          - {id: e22, vpc: v, subnet: s2, addresses: [10.0.2.12], instance: i-22}
          - {id: e23, vpc: v, subnet: s2, addresses: [10.0.2.13], instance: i-23}
          - {id: e31, vpc: v, subnet: s3, addresses: [10.0.3.1], instance: i-31}
        instances:
          - {id: i-11, type: c5n.large}
          - {id: i-12, type: c5n.large}
          - {id: i-13, type: c5n.large}
          - {id: i-21, type: c5n.large}
          - {id: i-22, type: c5n.large}
          - {id: i-23, type: m5.large}
          - {id: i-31, type: c5n.large}
        """

    @Test func `pairs that are refused alike are told once, with all their numbers`() throws {
        let html = try html(crowd)
        // Within s1 all three pairs, within s2 that of the two c5n.
        #expect(html.contains("<strong>4 of 21 pairs</strong>"))
        func section(_ heading: String) throws -> String {
            let start = try #require(html.firstRange(of: "<h3>\(heading)</h3>")).upperBound
            return String(html[start...].prefix(while: { $0 != "\n" }))
        }
        let fenced = try section("<code>s1</code> and <code>s2</code> <small>6 pairs: 1–3 with 4–5</small>")
        #expect(
            fenced == "<ul><li><b>path-device</b> s1 to s2: 10.0.2.0/24 by eni-fw, network interface "
                + "<small>required: a target that is not a device</small></li></ul></section>")
        let typed = try section("<code>s1</code> and <code>s2</code> <small>3 pairs: 1–3 with 6</small>")
        #expect(typed.contains("<b>peer-type-unsupported</b> m5.large") && typed.contains("<b>path-device</b>"))
        #expect(try section("<code>s2</code> <small>2 pairs: 4–5 with 6</small>").contains("peer-type-unsupported"))
        #expect(
            try section("<code>s1</code> and <code>s3</code> <small>3 pairs: 1–3 with 7</small>").contains(
                "s1 to s3: no route in t1 <small>required: a route to s3</small>"))
        // Refused like no other: with the instances' own names.
        #expect(
            try section("<code>i-23</code> and <code>i-31</code>").contains(
                "i-23 (10.0.2.13) to i-31 (10.0.3.1): no route in t2"))
    }

    @Test func `every link leads to a place of the page, and nothing comes from elsewhere`() throws {
        let html = try html(SampleNetwork.yaml)
        let targets = html.matches(of: #/href="([^"]*)"/#).map { String($0.1) }
        let places = Set(html.matches(of: #/id="([^"]*)"/#).map { "#\($0.1)" })
        #expect(!targets.isEmpty)
        #expect(targets.allSatisfy(places.contains))
        for foreign in ["<script", "src=", "http:", "https:", "@import", "url("] { #expect(!html.contains(foreign)) }
        // An h3 for each reason and each VPC.
        #expect(try PageReader(html).elements["h3"] == html.ranges(of: "<section").count)
    }

    @Test func `ids are text, never markup`() throws {
        let html = try html(small)
        let reader = try PageReader(html)
        #expect(reader.text.contains("<vpc>&\""))
        #expect(reader.elements["vpc"] == nil)
    }

    @Test func `the sample network's verdicts are those of its paths, and types that are not known`() throws {
        let directory = try ScratchDirectory()
        let topology = try TopologyFile(path: try directory.write(SampleNetwork.yaml, to: "topology.yaml")).read()
            .topology
        let hosts = topology.hosts
        func verdict(_ first: String, _ second: String) throws -> [ReasonCode] {
            let pair = try [first, second].map { id in try #require(hosts.first { $0.instance.id == id }) }
            return topology.verdict(between: pair[0], and: pair[1]).reasons.map(\.code)
        }
        #expect(try verdict("i-a1", "i-b1") == [])
        #expect(try verdict("i-a1", "i-c1") == [.peerTypeUnsupported, .vpcNotShared, .pathDevice, .pathDevice])
        #expect(try verdict("i-a1", "i-b2") == [.factsUnknown, .pathDevice])
        #expect(
            try verdict("i-a1", "i-e1") == [
                .factsUnknown, .regionMismatch, .vpcNotShared, .regionMismatch, .regionMismatch,
            ])
    }

    @Test func `a network of one instance has no pairs`() throws {
        let html = try html(
            """
            schemaVersion: 1
            takenAt: 2026-11-21T12:00:00Z
            interfaces: [{id: e1, vpc: v, subnet: s, addresses: [10.0.1.1], instance: i-1}]
            """)
        #expect(html.contains("<strong>0 of 0 pairs</strong>"))
        #expect(html.contains("There are no two instances."))
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

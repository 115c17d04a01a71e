import Foundation
import NetworkLab
import SealaneEligibility
import SealaneFleet
import SealanePacket
import TestSupport

/// The server of moto, a mock of the AWS API.
final class Moto: Sendable {
    static var isAvailable: Bool { ["aws", "moto_server"].allSatisfy(isInPath) }
    static let lack = "needs aws and moto_server in the PATH (PyPI: awscli, moto[server])"

    private static func isInPath(_ program: String) -> Bool {
        path.split(separator: ":").contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(program)") }
    }

    static var path: String { ProcessInfo.processInfo.environment["PATH"] ?? "" }

    private let server: Program
    private let directory: ScratchDirectory
    let endpoint: String

    init(in directory: ScratchDirectory) async throws {
        self.directory = directory
        try directory.write("[default]\n", to: "aws-config")
        let server = try Program(
            ["moto_server", "-H", "127.0.0.1", "-p", "0"], in: directory, environment: ["PATH": Self.path])
        self.server = server
        try await eventually(within: .seconds(60), "moto's server runs") {
            guard server.isRunning else { throw Failure("moto's server ended: \(server.output)") }
            return server.output.contains("Running on http")
        }
        guard let match = server.output.firstMatch(of: #/Running on (http:\/\/127\.0\.0\.1:\d+)/#) else {
            throw Failure("moto's server does not print its address: \(server.output)")
        }
        endpoint = String(match.1)
    }

    deinit {
        server.send(SIGKILL)
    }

    /// Environment that directs the AWS command line interface to moto, without the user's configuration.
    var environment: [String: String] {
        [
            "AWS_ENDPOINT_URL": endpoint, "AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_CONFIG_FILE": directory.path("aws-config"), "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
            "AWS_PROFILE": "default",
            "AWS_REGION": "", "AWS_DEFAULT_REGION": "",
        ]
    }

    /// Sends one request of the EC2 Query API. Returns the reply as XML.
    func call(_ action: String, in region: String, _ parameters: [(String, String)]) async throws -> String {
        let scope = "Credential=testing/20261121/\(region)/ec2/aws4_request, SignedHeaders=host, Signature=0"
        let fields = [("Action", action), ("Version", "2016-11-15")] + parameters
        let curl = try Program(
            ["curl", "-sS", "--max-time", "300", endpoint, "-H", "Authorization: AWS4-HMAC-SHA256 \(scope)"]
                + fields.flatMap { ["--data-urlencode", "\($0.0)=\($0.1)"] },
            in: directory)
        guard await curl.status(within: .seconds(30)) == 0, !curl.output.contains("<Error>") else {
            throw Failure("\(action) \(parameters): \(curl.output)")
        }
        return curl.output
    }

    /// Returns the first value of the element `tag` in the reply.
    func value(
        of tag: String, _ action: String, in region: String, _ parameters: [(String, String)]
    ) async throws -> String {
        let answer = try await call(action, in: region, parameters)
        guard let match = answer.firstMatch(of: try Regex("<\(tag)>([^<]+)</\(tag)>", as: (Substring, Substring).self))
        else { throw Failure("\(action) \(parameters): no \(tag) in the reply: \(answer)") }
        return String(match.1)
    }
}

/// Builds a topology in moto, as far as moto supports it, and records the ids that moto gives.
struct MotoNetwork {
    private let moto: Moto
    private let topology: Topology
    /// Maps ids of the topology to ids in moto.
    private(set) var ids: [String: String] = [:]

    init(_ topology: Topology, in moto: Moto) async throws {
        self.moto = moto
        self.topology = topology
        for vpc in topology.vpcs.values {
            guard let cidr = vpc.cidrs.first(where: \.address.isIPv4) else { continue }
            ids[vpc.id] = try await moto.value(
                of: "vpcId", "CreateVpc", in: vpc.region, [("CidrBlock", "\(cidr)")])
        }
        for subnet in topology.subnets.values {
            guard let cidr = subnet.cidrs.first(where: \.address.isIPv4) else { continue }
            ids[subnet.id] = try await moto.value(
                of: "subnetId", "CreateSubnet", in: region(subnet.vpc),
                [("VpcId", id(subnet.vpc)), ("CidrBlock", "\(cidr)")])
        }
        for interface in topology.interfaces.values.sorted(by: { ($0.deviceIndex ?? 0) < ($1.deviceIndex ?? 0) }) {
            try await make(interface)
        }
        for peering in topology.peerings.values { try await make(peering) }
        for list in topology.prefixLists.values {
            let entries = list.cidrs.enumerated().map { ("Entry.\($0.offset + 1).Cidr", "\($0.element)") }
            ids[list.id] = try await moto.value(
                of: "prefixListId", "CreateManagedPrefixList", in: "us-east-1",
                [("PrefixListName", list.id), ("MaxEntries", "10"), ("AddressFamily", "IPv4")] + entries)
        }
        for attachment in topology.transitGatewayAttachments.values { try await make(attachment) }
        for table in topology.routeTables.values { try await make(table) }
    }

    /// The id in moto. Objects that moto lacks keep their id.
    func id(_ id: String) -> String { ids[id] ?? id }

    private func region(_ vpc: String) -> String { topology.vpcs[vpc]?.region ?? "us-east-1" }

    private mutating func make(_ interface: Topology.Interface) async throws {
        guard interface.type == "interface", !interface.isRequesterManaged,
            let address = interface.addresses.first(where: \.isIPv4)
        else { return }
        let region = region(interface.vpc)
        let place = [("SubnetId", id(interface.subnet)), ("PrivateIpAddress", "\(address)")]
        if let instance = interface.instance, ids[instance] == nil {
            let type = topology.instances[instance]?.type ?? "c5n.large"
            let answer = try await moto.call(
                "RunInstances", in: region,
                [("ImageId", "ami-12c6146b"), ("MinCount", "1"), ("MaxCount", "1"), ("InstanceType", type)] + place)
            ids[instance] = answer.firstMatch(of: #/<instanceId>([^<]+)/#).map { String($0.1) }
            ids[interface.id] = answer.firstMatch(of: #/<networkInterfaceId>([^<]+)/#).map { String($0.1) }
            return
        }
        ids[interface.id] = try await moto.value(
            of: "networkInterfaceId", "CreateNetworkInterface", in: region, place)
        guard let instance = interface.instance else { return }
        _ = try await moto.call(
            "AttachNetworkInterface", in: region,
            [
                ("NetworkInterfaceId", id(interface.id)), ("InstanceId", id(instance)),
                ("DeviceIndex", "\(interface.deviceIndex ?? 1)"),
            ])
    }

    private mutating func make(_ peering: Topology.PeeringConnection) async throws {
        let (near, far) = (peering.requester, peering.accepter)
        ids[peering.id] = try await moto.value(
            of: "vpcPeeringConnectionId", "CreateVpcPeeringConnection", in: region(near.vpc),
            [("VpcId", id(near.vpc)), ("PeerVpcId", id(far.vpc)), ("PeerRegion", region(far.vpc))])
        guard peering.status == "active" else { return }
        _ = try await moto.call(
            "AcceptVpcPeeringConnection", in: region(far.vpc), [("VpcPeeringConnectionId", id(peering.id))])
    }

    private mutating func make(_ attachment: Topology.TransitGatewayAttachment) async throws {
        let subnet = topology.subnets.values.first { $0.vpc == attachment.resource }?.id ?? ""
        let gateway = try await gateway(attachment.transitGateway, of: attachment.resource)
        ids[attachment.id] = try await moto.value(
            of: "transitGatewayAttachmentId", "CreateTransitGatewayVpcAttachment", in: region(attachment.resource),
            [("TransitGatewayId", gateway), ("VpcId", id(attachment.resource)), ("SubnetIds.1", id(subnet))])
    }

    private mutating func make(_ table: Topology.RouteTable) async throws {
        let region = region(table.vpc)
        if table.associations.contains(where: \.isMain) {
            ids[table.id] = try await moto.value(
                of: "routeTableId", "DescribeRouteTables", in: region,
                [("Filter.1.Name", "vpc-id"), ("Filter.1.Value.1", id(table.vpc))])
        } else {
            ids[table.id] = try await moto.value(
                of: "routeTableId", "CreateRouteTable", in: region, [("VpcId", id(table.vpc))])
        }
        for association in table.associations {
            guard let subnet = association.subnet else { continue }
            _ = try await moto.call(
                "AssociateRouteTable", in: region, [("RouteTableId", id(table.id)), ("SubnetId", id(subnet))])
        }
        for route in table.routes { try await make(route, in: table) }
    }

    private mutating func make(_ route: Topology.Route, in table: Topology.RouteTable) async throws {
        guard route.state == "active", route.origin == "CreateRoute",
            let parameter = Self.parameters[route.target.kind]
        else { return }
        let target = try await gateway(route.target.description, of: table.vpc)
        guard target != route.target.description else { return }
        let destination: (String, String)
        var isLocalReplaced = false
        switch route.destination {
        case .prefix(let prefix):
            guard prefix.address.isIPv4 else { return }
            isLocalReplaced = topology.vpcs[table.vpc]?.cidrs.contains(prefix) ?? false
            destination = ("DestinationCidrBlock", "\(prefix)")
        case .prefixList(let list):
            guard let id = ids[list] else { return }
            destination = ("DestinationPrefixListId", id)
        }
        _ = try await moto.call(
            isLocalReplaced ? "ReplaceRoute" : "CreateRoute", in: region(table.vpc),
            [("RouteTableId", id(table.id)), destination, (parameter, target)])
    }

    /// Parameters of `CreateRoute`.
    private static let parameters: [RouteTarget.Kind: String] = [
        .peering: "VpcPeeringConnectionId", .interface: "NetworkInterfaceId", .natGateway: "NatGatewayId",
        .transitGateway: "TransitGatewayId", .virtualPrivateGateway: "GatewayId", .internetGateway: "GatewayId",
        .endpoint: "VpcEndpointId", .carrierGateway: "CarrierGatewayId",
    ]

    /// The target of a route of this VPC in moto. Creates the target if moto supports it and it does not exist yet.
    private mutating func gateway(_ name: String, of vpc: String) async throws -> String {
        if let known = ids[name] { return known }
        let region = region(vpc)
        let subnet = topology.subnets.values.first { $0.vpc == vpc }?.id ?? ""
        let made: String?
        switch RouteTarget(name).kind {
        case .internetGateway:
            made = try await moto.value(of: "internetGatewayId", "CreateInternetGateway", in: region, [])
        case .virtualPrivateGateway:
            made = try await moto.value(of: "vpnGatewayId", "CreateVpnGateway", in: region, [("Type", "ipsec.1")])
        case .natGateway:
            made = try await moto.value(
                of: "natGatewayId", "CreateNatGateway", in: region,
                [("SubnetId", id(subnet)), ("ConnectivityType", "private")])
        case .transitGateway:
            made = try await moto.value(of: "transitGatewayId", "CreateTransitGateway", in: region, [])
        case .carrierGateway:
            made = try await moto.value(
                of: "carrierGatewayId", "CreateCarrierGateway", in: region, [("VpcId", id(vpc))])
        case .endpoint:
            made = try await moto.value(
                of: "vpcEndpointId", "CreateVpcEndpoint", in: region,
                [
                    ("VpcId", id(vpc)), ("ServiceName", "com.amazonaws.vpce.us-east-1.vpce-svc-0"),
                    ("VpcEndpointType", "GatewayLoadBalancer"), ("SubnetId.1", id(subnet)),
                ])
        default: made = nil
        }
        ids[name] = made
        return made ?? name
    }
}

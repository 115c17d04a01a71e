import Foundation
import NetworkLab
import SealaneConsole
import SealaneControl
import SealaneEligibility
import SealaneFleet
import TestSupport
import Testing

/// `sealane topology` with a fake program `aws` that prints the JSON of AWS's documentation.
@Suite struct TopologyCommandTests {
    private let directory: ScratchDirectory

    init() throws {
        directory = try ScratchDirectory()
        try FileManager.default.createDirectory(atPath: directory.path("bin"), withIntermediateDirectories: false)
    }

    /// Makes a program `aws` that records its arguments and runs the first shell `case` pattern that matches them.
    private func answer(_ cases: [(pattern: String, commands: String)]) throws {
        let empty = [
            ("get-caller-identity", #"{"UserId": "u", "Account": "123456789012", "Arn": "arn"}"#),
            ("describe-vpcs", #"{"Vpcs": []}"#), ("describe-subnets", #"{"Subnets": []}"#),
            ("describe-route-tables", #"{"RouteTables": []}"#),
            ("describe-vpc-peering-connections", #"{"VpcPeeringConnections": []}"#),
            ("describe-transit-gateway-attachments", #"{"TransitGatewayAttachments": []}"#),
            ("describe-network-interfaces", #"{"NetworkInterfaces": []}"#),
            ("describe-instances", #"{"Reservations": []}"#),
            ("describe-managed-prefix-lists", #"{"PrefixLists": []}"#),
        ]
        let wanted = cases.map { "*\($0.pattern.replacing(" ", with: "\\ "))*) \($0.commands);;" }
        let all = wanted + empty.map { "*\($0.0)*) echo '\($0.1)';;" }
        try directory.write(
            """
            #!/bin/sh
            echo "$*" >>'\(directory.path("calls"))'
            case "$*" in
            \(all.joined(separator: "\n"))
            *) echo "unexpected: $*" >&2; exit 1;;
            esac

            """, to: "bin/aws", mode: 0o755)
    }

    private func json(_ text: String, _ name: String) throws -> String {
        "cat '\(try directory.write(text, to: name))'"
    }

    private func run(path: String? = nil, _ arguments: String...) async throws -> Outcome {
        try await run(path: path, arguments: arguments)
    }

    private func run(path: String? = nil, arguments: [String]) async throws -> Outcome {
        let command = [Host.programs.appending(path: "sealane").path, "topology"] + arguments
        let program = try Program(
            command, in: directory,
            environment: [
                "PATH": path ?? "\(directory.path("bin")):/usr/bin:/bin", "AWS_REGION": "",
                "AWS_DEFAULT_REGION": "eu-west-1",
            ])
        let status = await program.status(within: .seconds(60))
        return Outcome(arguments: command, status: status, output: program.output)
    }

    private func pull(path: String? = nil) async throws -> Outcome {
        try await run(path: path, "pull", "--file", directory.path("topology.json"))
    }

    private var calls: [String] {
        let text = try? String(contentsOfFile: directory.path("calls"), encoding: .utf8)
        return (text ?? "").split(separator: "\n").map(String.init)
    }

    @Test func `pull reads everything that AWS documents, and unknown members as unknown targets`() async throws {
        try answer([
            ("describe-vpcs", try json(Documented.vpcs, "vpcs")),
            ("describe-subnets", try json(Documented.subnets, "subnets")),
            ("describe-route-tables", try json(Documented.routeTables, "tables")),
            ("describe-vpc-peering-connections", try json(Documented.peerings, "peerings")),
            ("describe-network-interfaces", try json(Documented.interfaces, "interfaces")),
            ("describe-instances", try json(Documented.reservations, "instances")),
            (
                "describe-managed-prefix-lists",
                #"echo '{"PrefixLists": [{"PrefixListId": "pl-0a"}, {"PrefixListId": "pl-0z"}]}'"#
            ),
            ("get-managed-prefix-list-entries", #"echo '{"Entries": [{"Cidr": "10.9.0.0/16", "Description": "d"}]}'"#),
            (
                "describe-transit-gateway-attachments",
                #"echo '{"TransitGatewayAttachments": [{"TransitGatewayAttachmentId": "tgw-attach-0a", "TransitGatewayId": "#
                    + #""tgw-0a", "ResourceType": "vpc", "ResourceId": "vpc-0a", "State": "available"}]}'"#
            ),
        ])
        let report = try ReportSchema.decode(
            TopologyReport.self,
            from: Array(try await run("pull", "--file", directory.path("topology.json"), "--json").success.utf8))
        #expect(report.regions == ["eu-west-1"])
        #expect(report.account == "123456789012")
        let topology = try TopologyFile(path: directory.path("topology.json")).read().topology
        #expect(
            topology.vpcs["vpc-0a"]?.cidrs.map(\.description) == ["10.0.0.0/16", "10.64.0.0/16", "2001:db8:a::/56"])
        #expect(topology.vpcs["vpc-0a"]?.region == "eu-west-1")
        #expect(topology.subnets["subnet-0a"]?.cidrs.map(\.description) == ["10.0.1.0/24", "2001:db8:a:1::/64"])
        let table = try #require(topology.routeTables["rtb-0a"])
        #expect(
            table.routes.map { "\($0.destination) \($0.target) \($0.origin) \($0.state)" } == Documented.routes)
        #expect(
            table.associations == [
                Topology.RouteTable.Association(isMain: true),
                Topology.RouteTable.Association(subnet: "subnet-0a", state: "associating"),
            ])
        let peering = try #require(topology.peerings["pcx-0a"])
        #expect(peering.status == "active")
        #expect(peering.requester.region == "eu-west-1")
        #expect(peering.requester.cidrs.map(\.description) == ["10.0.0.0/16", "10.64.0.0/16", "2001:db8:a::/56"])
        #expect(peering.accepter.region == nil)
        #expect(peering.accepter.cidrs.map(\.description) == ["10.1.0.0/16"])
        #expect(
            topology.interfaces["eni-0a"]?.addresses.map(\.description) == ["10.0.1.5", "10.0.1.6", "2001:db8:a:1::5"])
        #expect(topology.interfaces["eni-0a"]?.prefixes.map(\.description) == ["10.0.1.32/28"])
        #expect(topology.interfaces["eni-0a"]?.instance == "i-0a")
        #expect(topology.interfaces["eni-0n"]?.type == "network_load_balancer")
        #expect(topology.interfaces["eni-0b"]?.isRequesterManaged == true)
        #expect(topology.interfaces["eni-0b"]?.instance == nil)
        #expect(topology.interfaces["eni-0d"]?.instance == nil)
        #expect(topology.instances["i-0a"]?.type == "c5n.large")
        // pull does not ask for a list that no route names.
        #expect(topology.prefixLists.mapValues { $0.cidrs.map(\.description) } == ["pl-0a": ["10.9.0.0/16"]])
        #expect(calls.count { $0.contains("get-managed-prefix-list-entries") } == 1)
        #expect(topology.transitGatewayAttachments["tgw-attach-0a"]?.resource == "vpc-0a")
        #expect(calls.allSatisfy { $0.contains("--output json") && !$0.contains("--profile") })
    }

    @Test func `pull follows all pages of a list`() async throws {
        func page(_ id: String, next: String?) -> String {
            let token = next.map { #", "NextToken": "\#($0)""# } ?? ""
            return #"echo '{"Vpcs": [{"VpcId": "\#(id)", "CidrBlock": "10.0.0.0/16"}]\#(token)}'"#
        }
        try answer([
            ("describe-vpcs*--starting-token two", page("vpc-2", next: "three")),
            ("describe-vpcs*--starting-token three", page("vpc-3", next: nil)),
            ("describe-vpcs", page("vpc-1", next: "two")),
        ])
        #expect(try await pull().success.contains("3 VPCs"))
        let asked = calls.filter { $0.contains("describe-vpcs") }
        #expect(asked.count == 3)
        #expect(asked.allSatisfy { $0.contains("--region eu-west-1 --max-items 1000") })
    }

    @Test(arguments: [
        (
            "describe-route-tables",
            "echo 'An error occurred (UnauthorizedOperation) when calling the DescribeRouteTables operation: You are not "
                + "authorized to perform this operation.' >&2; exit 254",
            ["aws ec2 describe-route-tables --region eu-west-1: ", "need the permission ec2:DescribeRouteTables"]
        ),
        (
            "get-caller-identity",
            "echo 'An error occurred (AccessDenied) when calling the GetCallerIdentity operation: denied' >&2; exit 254",
            ["aws sts get-caller-identity --region eu-west-1: ", "need the permission sts:GetCallerIdentity"]
        ),
        (
            "get-caller-identity",
            "echo 'Unable to locate credentials. You can configure credentials.' >&2; exit 253",
            ["Unable to locate credentials", "aws configure"]
        ),
        (
            "describe-subnets", "exit 1",
            ["aws ec2 describe-subnets --region eu-west-1: it failed without an error message"]
        ),
        ("describe-subnets", "echo '{'", ["its output is not understood"]),
        ("describe-subnets", "echo '{\"Vpcs\": []}'", ["its output is not understood: subnets: is missing"]),
        (
            "describe-subnets", "echo '{\"Subnets\": [{\"SubnetId\": \"subnet-1\"}]}'",
            ["its output is not understood: subnets[0].vpcId: is missing"]
        ),
        ("describe-subnets", "head -c 80000000 /dev/zero", ["longer than 67108864 bytes"]),
        (
            "describe-subnets", "echo '{\"Subnets\": [], \"NextToken\": \"again\"}'",
            ["it returned the same page again"]
        ),
        ("describe-subnets", "printf '\\033[2J' >&2; exit 1", ["\u{FFFD}[2J"]),
        ("describe-subnets", "echo \"form: $AWS_CLI_ERROR_FORMAT\" >&2; exit 1", ["form: legacy"]),
        (
            "describe-subnets",
            "echo 'Could not connect to the endpoint URL: \"http://me:hush@10.0.0.1:1/\"' >&2; exit 255",
            ["Could not connect to the endpoint URL: \"http://…@10.0.0.1:1/\""]
        ),
    ])
    func `a failing call is reported with command and permission, and keeps the file`(
        command: String, commands: String, expected: [String]
    ) async throws {
        try directory.write("as it was", to: "topology.json")
        try answer([(command, commands)])
        let outcome = try await pull()
        #expect(outcome.status == 1)
        for part in expected { #expect(outcome.output.contains(part), "\(outcome)") }
        #expect(outcome.output.split(separator: "\n").count == 1)
        #expect(try String(contentsOfFile: directory.path("topology.json"), encoding: .utf8) == "as it was")
    }

    @Test func `without the aws program, pull says what to install`() async throws {
        let outcome = try await pull(path: "/nowhere")
        #expect(outcome.status == 1)
        #expect(outcome.output.contains("the program aws is not in PATH"), "\(outcome)")
    }

    @Test func `path shows both directions, and exits with 3 if refused or the snapshot is too old`() async throws {
        let file = try directory.write(SampleNetwork.yaml, to: "network.yaml")
        let always = ["--file", file, "--max-age", "36500d"]
        let good = try await run("path", "i-a1", "i-b1", always[0], always[1], always[2], always[3])
        #expect(good.status == 0)
        let lines = good.output.split(separator: "\n").filter { !$0.contains("snapshot") }
        #expect(
            lines == [
                "i-a1 and i-b1  no device on the path", "  from      10.0.1.10, eni-a1 in subnet-a1, vpc-a",
                "  to        10.1.1.10, eni-b1 in subnet-b1, vpc-b",
                "  there     10.1.0.0/16 by pcx-ab, in rtb-a-main (main)",
                "  back      10.0.0.0/16 by pcx-ab, in rtb-b-main (main)",
            ])
        #expect(good.output.contains(" ago of account 123456789012, us-east-1, us-west-2\n"))

        let bad = try await run("path", "eni-a1", "10.1.2.10", always[0], always[1], always[2], always[3])
        #expect(bad.status == 3)
        #expect(bad.output.hasPrefix("i-a1 and i-b2  refused, 1 reason\n"), "\(bad)")
        #expect(
            bad.output.contains(
                "observed  i-b2 (10.1.2.10) to i-a1 (10.0.1.10): 10.0.0.0/16 by tgw-1, transit gateway of vpc-a, vpc-c\n"
            ))

        let old = try await run("path", "i-a1", "i-b1", "--file", file, "--max-age", "1m", "--json")
        #expect(old.status == 3)
        let report = try ReportSchema.decode(PathReport.self, from: Array(old.output.utf8))
        #expect(report.verdict.reasons.map(\.code) == [.pathUnknown])
        #expect(report.there == nil)
    }

    @Test func `map refuses a snapshot that is too old, and keeps the page`() async throws {
        let file = try directory.write(SampleNetwork.yaml, to: "network.yaml")
        let page = try directory.write("as it was", to: "map.html")
        for age in [[], ["--max-age", "1h30m"]] {
            let old = try await run(arguments: ["map", "--file", file, "--html", page] + age)
            #expect(old.status == 3, "\(old)")
            let limit = age.isEmpty ? "1 d" : "1 h 30 min"
            #expect(old.output.contains(" old; expected one at most \(limit) old: "), "\(old)")
            #expect(try String(contentsOfFile: page, encoding: .utf8) == "as it was")
        }
        let allowed = try await run(arguments: ["map", "--file", file, "--html", page, "--max-age", "36500d"])
        #expect(allowed.status == 0, "\(allowed)")
        #expect(try String(contentsOfFile: page, encoding: .utf8).contains("What would be encrypted"))
    }

    @Test func `path needs two ends of the same family in the snapshot`() async throws {
        let file = try directory.write(SampleNetwork.yaml, to: "network.yaml")
        for (to, problem) in [
            ("i-none", "\(file) has no i-none"), ("2001:db8:b:1::10", nil),
            ("2001:db8:f::1", nil),
        ] {
            let outcome = try await run("path", "i-a2", to, "--file", file)
            #expect(outcome.status == 1)
            #expect(outcome.output == "sealane: \(problem ?? "i-a2 and \(to) have no addresses of the same family")\n")
        }
        #expect(try await run("path", "i-a2").status == 2)
        let absent = try await run("path", "i-a1", "i-b1", "--file", directory.path("none"))
        #expect(absent.status == 1)
        #expect(absent.output.contains("create it with sealane topology pull"))
    }
}

/// Replies of AWS, from the pages of the EC2 API reference that `AWSResource` names.
private enum Documented {
    static let vpcs = """
        {"Vpcs": [{"VpcId": "vpc-0a", "OwnerId": "123456789012", "IsDefault": false, "State": "available",
          "CidrBlock": "10.0.0.0/16", "DhcpOptionsId": "dopt-0a", "InstanceTenancy": "default",
          "CidrBlockAssociationSet": [
            {"AssociationId": "a", "CidrBlock": "10.0.0.0/16", "CidrBlockState": {"State": "associated"}},
            {"AssociationId": "b", "CidrBlock": "10.64.0.0/16", "CidrBlockState": {"State": "associated"}},
            {"AssociationId": "c", "CidrBlock": "10.65.0.0/16", "CidrBlockState": {"State": "disassociated"}}],
          "Ipv6CidrBlockAssociationSet": [
            {"AssociationId": "d", "Ipv6CidrBlock": "2001:db8:a::/56", "Ipv6CidrBlockState": {"State": "associated"},
             "NetworkBorderGroup": "eu-west-1", "Ipv6Pool": "Amazon"}]}]}
        """

    static let subnets = """
        {"Subnets": [{"SubnetId": "subnet-0a", "VpcId": "vpc-0a", "AvailabilityZone": "eu-west-1a", "CidrBlock": "10.0.1.0/24",
          "State": "available", "AvailableIpAddressCount": 250,
          "Ipv6CidrBlockAssociationSet": [
            {"AssociationId": "e", "Ipv6CidrBlock": "2001:db8:a:1::/64", "Ipv6CidrBlockState": {"State": "associated"}},
            {"AssociationId": "f", "Ipv6CidrBlock": "2001:db8:a:2::/64", "Ipv6CidrBlockState": {"State": "failed"}}]}]}
        """

    static let routeTables = """
        {"RouteTables": [{"RouteTableId": "rtb-0a", "VpcId": "vpc-0a", "OwnerId": "123456789012", "Tags": [],
          "PropagatingVgws": [{"GatewayId": "vgw-0a"}],
          "Associations": [
            {"Main": true, "RouteTableAssociationId": "rtbassoc-0a", "RouteTableId": "rtb-0a",
             "AssociationState": {"State": "associated"}},
            {"Main": false, "RouteTableAssociationId": "rtbassoc-0b", "RouteTableId": "rtb-0a", "SubnetId": "subnet-0a",
             "AssociationState": {"State": "associating"}},
            {"Main": false, "RouteTableAssociationId": "rtbassoc-0d", "RouteTableId": "rtb-0a", "SubnetId": "subnet-unseen",
             "AssociationState": {"State": "associated"}},
            {"Main": false, "RouteTableAssociationId": "rtbassoc-0c", "RouteTableId": "rtb-0a", "GatewayId": "igw-0a",
             "AssociationState": {"State": "associated"}}],
          "Routes": [
            {"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local", "Origin": "CreateRouteTable", "State": "active"},
            {"DestinationIpv6CidrBlock": "2001:db8:a::/56", "GatewayId": "local", "Origin": "CreateRouteTable",
             "State": "active"},
            {"DestinationPrefixListId": "pl-0a", "GatewayId": "vpce-0a", "Origin": "CreateRoute", "State": "active"},
            {"DestinationCidrBlock": "10.1.0.0/16", "VpcPeeringConnectionId": "pcx-0a", "Origin": "CreateRoute",
             "State": "blackhole"},
            {"DestinationCidrBlock": "10.2.0.0/16", "InstanceId": "i-0f", "InstanceOwnerId": "123456789012",
             "NetworkInterfaceId": "eni-0f", "Origin": "CreateRoute", "State": "active"},
            {"DestinationCidrBlock": "10.3.0.0/16", "TransitGatewayId": "tgw-0a", "Origin": "CreateRoute", "State": "active"},
            {"DestinationCidrBlock": "10.4.0.0/16", "NatGatewayId": "nat-0a", "Origin": "CreateRoute", "State": "active"},
            {"DestinationCidrBlock": "10.5.0.0/16", "GatewayId": "vgw-0a", "Origin": "EnableVgwRoutePropagation",
             "State": "active"},
            {"DestinationIpv6CidrBlock": "::/0", "EgressOnlyInternetGatewayId": "eigw-0a", "Origin": "CreateRoute",
             "State": "active"},
            {"DestinationCidrBlock": "10.6.0.0/16", "LocalGatewayId": "lgw-0a", "Origin": "CreateRoute", "State": "active"},
            {"DestinationCidrBlock": "10.7.0.0/16", "CarrierGatewayId": "cagw-0a", "Origin": "CreateRoute",
             "State": "active"},
            {"DestinationCidrBlock": "10.8.0.0/16", "CoreNetworkArn": "arn:aws:networkmanager::1:core-network/c",
             "Origin": "CreateRoute", "State": "active"},
            {"DestinationCidrBlock": "10.9.0.0/16", "OdbNetworkArn": "arn:aws:odb:r:1:odb-network/o",
             "Origin": "CreateRoute", "State": "active"},
            {"DestinationCidrBlock": "10.10.0.0/16", "NetworkInterfaceId": "eni-0r", "IpAddress": "10.0.1.9",
             "Origin": "Advertisement", "State": "filtered"},
            {"DestinationCidrBlock": "10.11.0.0/16", "GatewayId": "local", "QuantumLinkId": "ql-0a", "Origin": "CreateRoute",
             "State": "active"},
            {"DestinationCidrBlock": "10.12.0.0/16", "InstanceId": "i-0g", "Origin": "CreateRoute", "State": "active"},
            {"DestinationCidrBlock": "10.13.0.0/16"},
            {"DestinationCidrBlock": "10.14.0.0/16", "GatewayId": "local", "NatGatewayId": "nat-0b", "Origin": "CreateRoute",
             "State": "active"},
            {"DestinationCidrBlock": "10.15.0.0/16", "GatewayId": "local", "NetworkInterfaceId": "eni-0s",
             "Origin": "CreateRouteTable", "State": "active"}]}]}
        """

    static let routes = [
        "10.0.0.0/16 local CreateRouteTable active", "2001:db8:a::/56 local CreateRouteTable active",
        "pl-0a vpce-0a CreateRoute active", "10.1.0.0/16 pcx-0a CreateRoute blackhole",
        "10.2.0.0/16 eni-0f CreateRoute active", "10.3.0.0/16 tgw-0a CreateRoute active",
        "10.4.0.0/16 nat-0a CreateRoute active", "10.5.0.0/16 vgw-0a EnableVgwRoutePropagation active",
        "::/0 eigw-0a CreateRoute active", "10.6.0.0/16 lgw-0a CreateRoute active",
        "10.7.0.0/16 cagw-0a CreateRoute active",
        "10.8.0.0/16 arn:aws:networkmanager::1:core-network/c CreateRoute active",
        "10.9.0.0/16 arn:aws:odb:r:1:odb-network/o CreateRoute active", "10.10.0.0/16 eni-0r Advertisement filtered",
        "10.11.0.0/16 quantumLinkId CreateRoute active", "10.12.0.0/16 i-0g CreateRoute active",
        "10.13.0.0/16 none unknown unknown", "10.14.0.0/16 nat-0b CreateRoute active",
        "10.15.0.0/16 eni-0s CreateRouteTable active",
    ]

    static let peerings = """
        {"VpcPeeringConnections": [{"VpcPeeringConnectionId": "pcx-0a", "Status": {"Code": "active", "Message": "Active"},
          "Tags": [],
          "RequesterVpcInfo": {"VpcId": "vpc-0a", "OwnerId": "123456789012", "Region": "eu-west-1", "CidrBlock": "10.0.0.0/16",
            "CidrBlockSet": [{"CidrBlock": "10.0.0.0/16"}, {"CidrBlock": "10.64.0.0/16"}],
            "Ipv6CidrBlockSet": [{"Ipv6CidrBlock": "2001:db8:a::/56"}],
            "PeeringOptions": {"AllowDnsResolutionFromRemoteVpc": false}},
          "AccepterVpcInfo": {"VpcId": "vpc-0b", "OwnerId": "123456789012", "CidrBlock": "10.1.0.0/16"}}]}
        """

    static let interfaces = """
        {"NetworkInterfaces": [
          {"NetworkInterfaceId": "eni-0a", "VpcId": "vpc-0a", "SubnetId": "subnet-0a", "InterfaceType": "interface",
           "RequesterManaged": false, "SourceDestCheck": true, "Status": "in-use",
           "Attachment": {"AttachmentId": "eni-attach-0a", "InstanceId": "i-0a", "InstanceOwnerId": "123456789012",
             "DeviceIndex": 0, "Status": "attached", "DeleteOnTermination": true, "NetworkCardIndex": 0},
           "PrivateIpAddresses": [{"Primary": false, "PrivateIpAddress": "10.0.1.6"},
             {"Primary": true, "PrivateIpAddress": "10.0.1.5"}],
           "Ipv6Addresses": [{"Ipv6Address": "2001:db8:a:1::5", "IsPrimaryIpv6": false}],
           "Ipv4Prefixes": [{"Ipv4Prefix": "10.0.1.32/28"}]},
          {"NetworkInterfaceId": "eni-0n", "VpcId": "vpc-0a", "SubnetId": "subnet-0a",
           "InterfaceType": "network_load_balancer", "RequesterManaged": true,
           "Attachment": {"AttachmentId": "ela-attach-0n", "InstanceOwnerId": "amazon-aws", "DeviceIndex": 1,
             "Status": "attached"},
           "PrivateIpAddresses": [{"Primary": true, "PrivateIpAddress": "10.0.1.20"}]},
          {"NetworkInterfaceId": "eni-0b", "VpcId": "vpc-0a", "SubnetId": "subnet-0a", "InterfaceType": "interface",
           "RequesterManaged": true, "Description": "ELB app/web/0123456789abcdef",
           "Attachment": {"AttachmentId": "eni-attach-0b", "InstanceOwnerId": "amazon-elb", "DeviceIndex": 1,
             "Status": "attached"},
           "PrivateIpAddresses": [{"Primary": true, "PrivateIpAddress": "10.0.1.21"}]},
          {"NetworkInterfaceId": "eni-0d", "VpcId": "vpc-0a", "SubnetId": "subnet-0a", "InterfaceType": "interface",
           "RequesterManaged": false,
           "Attachment": {"AttachmentId": "eni-attach-0d", "InstanceId": "i-0d", "DeviceIndex": 1, "Status": "detaching"},
           "PrivateIpAddresses": [{"Primary": true, "PrivateIpAddress": "10.0.1.22"}]}]}
        """

    static let reservations = """
        {"Reservations": [{"ReservationId": "r-0a", "OwnerId": "123456789012", "Groups": [],
          "Instances": [{"InstanceId": "i-0a", "InstanceType": "c5n.large", "VpcId": "vpc-0a", "SubnetId": "subnet-0a",
            "State": {"Code": 16, "Name": "running"}}]}]}
        """
}

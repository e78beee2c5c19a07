// A script of Messenger's time: registers an application, invites Bob to it, and ends. It knows names and nothing else. What
// Windows Script Host would tell it by events it reads, since that of Wine tells none.
var TRIAL = "{3B0C4B55-7C67-4E0C-8B7B-0D1B1B1D6F4E}", PATH = "C:\\trial\\late.exe";

function check(what, is) {
    if (is) return;
    WScript.Echo("FAILED " + what);
    WScript.Quit(1);
}
function refusal(call) {
    try { call(); } catch (error) { return (error.number >>> 0).toString(16); }
    return "none";
}
function refused(number, what, call) {
    var got = refusal(call);
    check(what + " is refused with " + number + ", not " + got, got == number);
}
// Wine has no WScript.Sleep. Each look is a call to the agent, which gets to work by it.
function until(what, is) {
    for (var begun = new Date().getTime(); new Date().getTime() - begun < 60000;) {
        if (is()) return;
    }
    check(what, false);
}
function letters(count) {
    for (var text = "x"; text.length < count; text += text);
    return text.substr(0, count);
}

// What nobody catches ends the script with success.
try {
    play();
} catch (error) {
    check("without an error: " + (error.number >>> 0).toString(16) + " " + error.message, false);
}

function play() {
    var manager = new ActiveXObject("Rendezvous.SessionManager");
    refused("8100060e", "what was never registered", function () { manager.UnRegisterApplication(TRIAL); });
    refused("80070057", "a name without braces", function () { manager.RegisterApplication("3B0C4B55", "", "", PATH, 0); });
    refused("80070057", "a long name", function () { manager.RegisterApplication(TRIAL, letters(257), "", PATH, 0); });
    refused("80070057", "a long path", function () { manager.RegisterApplication(TRIAL, "", "", "C:\\" + letters(258), 0); });
    refused("80070057", "a flag", function () { manager.RegisterApplication(TRIAL, "", "", PATH, 1); });
    refused("80004005", "a program that is not there", function () { manager.RegisterApplication(TRIAL, "", "", "C:\\none.exe", 0); });
    manager.RegisterApplication(TRIAL, "Trial", "https://example.org/trial", PATH, 0);
    refused("8100060d", "the same once more", function () { manager.RegisterApplication(TRIAL, "Trial", "", PATH, 0); });
    refused("80070057", "no process", function () { manager.GetLaunchingSession(0); });
    refused("80004001", "Applications", function () { manager.Applications; });

    var session = manager.CreateSession();
    check("a new session is ready", session.State == 1);
    check("it is ours", session.Flags == 1);
    check("it has a name", /^\{[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}\}$/.test(session.SessionID));
    check("another has another", manager.CreateSession().SessionID != session.SessionID);
    check("nothing has come", session.ContextData === "" && session.RemoteAddress === "");
    refused("81000610", "Application before it is set", function () { session.Application; });
    refused("81000610", "its name", function () { session.ApplicationName; });
    refused("81000612", "User before anybody is invited", function () { session.User; });
    refused("81000610", "Invite without an application", function () { session.Invite("bob", ""); });
    refused("80070057", "an application that is not registered", function () { session.Application = "{00000000-0000-0000-0000-000000000001}"; });
    session.Application = TRIAL;
    check("the application", session.Application == TRIAL && session.ApplicationName == "Trial");
    check("its URL", session.ApplicationURL == "https://example.org/trial");
    refused("80070057", "an address of 31 characters", function () { session.LocalAddress = letters(31); });
    session.LocalAddress = letters(30);
    check("the address", session.LocalAddress == letters(30));
    refused("80070057", "data of 513 bytes", function () { session.Invite("bob", letters(513)); });
    refused("80070057", "a name that is none", function () { session.Invite("b o b", ""); });
    refused("81000613", "ourselves", function () { session.Invite("ann", ""); });
    refused("81000611", "301 characters", function () { session.SendContextData(letters(301)); });
    check("none of that has changed it", session.State == 1);

    session.Invite({ SigninName: "bob" }, "from a script");
    check("the invitation is out, or answered already", session.State >= 2);
    refused("81000605", "Invite once more", function () { session.Invite("bob", ""); });
    refused("81000605", "another application", function () { session.Application = TRIAL; });
    refused("8100060b", "Decline by whoever invited", function () { session.Decline(""); });
    refused("81000614", "Accept by whoever invited", function () { session.Accept(""); });
    check("whom", session.User.SigninName == "bob" && session.User.FriendlyName == "bob");
    until("both applications have it", function () { return session.State == 4; });
    session.SendContextData("hello \u00e9");
    until("the answer", function () { return session.ContextData == "echo:hello \u00e9"; });
    session.Cancel(0, "done");
    until("the end", function () { return session.State == 5; });
    check("the end leaves no text", refusal(function () { session.SendContextData("late"); }) != "none");
    refused("80004005", "Cancel after the end", function () { session.Cancel(0, ""); });
    manager.UnRegisterApplication(TRIAL);
    refused("8100060e", "once more", function () { manager.UnRegisterApplication(TRIAL); });
    WScript.Echo("PASSED invite.js");
}

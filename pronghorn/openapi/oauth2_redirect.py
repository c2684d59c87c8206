"""The page that ends an OAuth2 login of Swagger UI."""

from __future__ import annotations

# An authorization server redirects the browser to this page, in the window that Swagger UI opened.
# It passes the response to the opening page, by the protocol of Swagger UI 5:
# `swaggerUIRedirectOauth2` is the pending request, with `callback` and `errCb`.
REDIRECT_SCRIPT = """
    "use strict";
    const CODE_FLOWS = ["accessCode", "authorizationCode", "authorization_code"];
    const MISSING_CODE = "The authorization server sent no code.";

    function readAnswer() {
      const fragment = window.location.hash.slice(1).replace(/^\\?/, "");
      const source = /code|token|error/.test(fragment) ? fragment : window.location.search.slice(1);
      return Object.fromEntries(new URLSearchParams(source));
    }

    function describeError(answer) {
      if (!answer.error) return MISSING_CODE;
      const details = answer.error_description || MISSING_CODE;
      const link = answer.error_uri ? ` More: ${answer.error_uri}` : "";
      return `[${answer.error}] ${details}${link}`;
    }

    function report(pending, level, message) {
      pending.errCb({ authId: pending.auth.name, source: "auth", level, message });
    }

    function finish() {
      const pending = window.opener.swaggerUIRedirectOauth2;
      const answer = readAnswer();
      const isValid = answer.state === pending.state;
      const { auth, redirectUrl } = pending;
      if (!CODE_FLOWS.includes(auth.schema.get("flow")) || auth.code) {
        pending.callback({ auth, token: answer, isValid, redirectUrl });
      } else {
        if (!isValid) {
          report(pending, "warning", "The state that came back is not the one that was sent.");
        }
        if (answer.code) {
          delete pending.state;
          auth.code = answer.code;
          pending.callback({ auth, redirectUrl });
        } else {
          report(pending, "error", describeError(answer));
        }
      }
      window.close();
    }

    if (document.readyState === "loading") {
      document.addEventListener("DOMContentLoaded", finish);
    } else {
      finish();
    }
  """

REDIRECT_PAGE = f"""<!DOCTYPE html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <title>Swagger UI: OAuth2 redirect</title>
</head>
<body>
  <script>{REDIRECT_SCRIPT}</script>
</body>
</html>
"""

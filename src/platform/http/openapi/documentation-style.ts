/**
 * Hides parts of Swagger UI's page that add length but no information: the example of each error, which repeats the text
 * next to it, a column for links, a bar with a logo, and a choice of one server.
 */
export const DOCUMENTATION_STYLE = `
.swagger-ui .topbar, .swagger-ui .servers-title, .swagger-ui .servers, .swagger-ui .response-col_links { display: none }
.swagger-ui .response[data-code^="4"] .response-controls, .swagger-ui .response[data-code^="4"] .model-example,
.swagger-ui .response[data-code^="5"] .response-controls, .swagger-ui .response[data-code^="5"] .model-example { display: none }
.swagger-ui .body-param__text { min-height: 130px }
`;

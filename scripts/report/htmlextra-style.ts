/** What the template's own style needs to be readable: in the dark, in the light, on a phone. */
export const styleFixes = `
.theme-dark,.theme-light{--success:#1e7a3c;--failure:#b8323e;--warning:#8a5a00;--info:#2b6c94;--hov-text:#fff;--badge-text:#fff;--h4-text:#fff}
.theme-dark{--failure-row:#7d2a31;--warning-row:#6b4700}
.table{color:inherit}
body[class] :is(.text-white,.text-white h1),body .table :is(.bg-success,.bg-danger,.bg-warning),body :is(.alert-success,.alert-danger,.alert-warning){color:#fff!important}
body.theme-dark .alert-dark{background-color:#55565a!important}
body.theme-dark .resultsInfoPass{color:#8fdcb4}
body.theme-dark .text-muted{color:#ccd2d8!important}
body.theme-light .text-muted{color:#555!important}
body.theme-dark :is(.btn-outline-success,.badge-outline,.badge-outline-success):not(:hover){color:#8fdcb4!important;border-color:#8fdcb4!important}
body.theme-dark a:not(.btn){color:#8fc1f3}
body.theme-light a:not(.btn){color:#0056b3}
.custom-tab{width:auto;min-width:69px}
pre{white-space:pre-wrap;color:inherit}
td.w-45,.datatable td{white-space:normal!important;overflow-wrap:anywhere}
@media(max-width:700px){.container{padding:0 4px}.card-body{padding:.6rem}.card-deck,.card-deck .card{width:100%!important}.text-wrap{min-width:0;overflow-wrap:anywhere}.display-1,.display-2{font-size:2.5rem}}
`;

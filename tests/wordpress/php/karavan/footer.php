<div class="bottom"><p>© Караван</p></div>
<?php wp_footer(); ?>
</body></html>
